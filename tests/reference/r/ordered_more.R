# Reference numbers for ordered items: further estimators, theta, pairwise answers, constraints. lavaan 0.6-14, R 4.2.
# Run in tests/reference, after ordered_conditional.R: Rscript r/ordered_more.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(404)
n <- 300
f <- matrix(rnorm(n * 2), n) %*% chol(matrix(c(1, .4, .4, 1), 2))
categories <- c(2, 5, 3, 2, 5, 3)
y <- sapply(1:6, function(j) {
  cuts <- qnorm(seq(.15, .85, length.out = categories[j] - 1) + if (categories[j] == 2) .3 else 0)
  as.integer(cut(.7 * f[, (j - 1) %% 2 + 1] + rnorm(n, sd = .7), c(-Inf, cuts, Inf)))
})
v <- sapply(1:5, function(j) as.integer(cut(.75 * f[, 1] + rnorm(n, sd = .65), c(-Inf, -.9, .1, 1, Inf))))
for (j in 1:5) v[sample(n, 30), j] <- NA
v[7, ] <- NA
z <- round(rnorm(n) + .3 * f[, 1], 4); w <- round(rnorm(n) + .5 * z + .4 * f[, 1], 4)
data <- data.frame(group = rep(c("a", "b"), n / 2), y = y, v = v, z = z, w = w)
names(data) <- c("group", paste0("y", 1:6), paste0("v", 1:5), "z", "w")
write.csv(data, "missing_ordered/ordered_more.csv", row.names = FALSE, quote = FALSE, na = "")
files <- list(ordered_more = read.csv("missing_ordered/ordered_more.csv"), ordered_causes = read.csv("missing_ordered/ordered_causes.csv"))
out <- list()
keep <- function(name, model, ordered, ..., file = "ordered_more") {
  fit <- sem(model, files[[file]], ordered = ordered, ...)
  estimates <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
  call <- list(ordered = I(ordered), ...)
  names(call) <- gsub(".", "_", names(call), fixed = TRUE)
  for (key in c("group_equal", "group_partial")) if (key %in% names(call)) call[[key]] <- I(call[[key]])
  columns <- intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.lv", "std.all"), names(estimates))
  out[[name]] <<- list(model = model, data = file, call = call, estimates = estimates[estimates$op != "==", columns],
                       measures = as.list(unclass(fitMeasures(fit))))
}
o <- paste0("y", 1:6); p <- paste0("v", 1:5); q <- paste0("q", 1:8)
two <- "f =~ y1 + y3 + y5\ng =~ y2 + y4 + y6\ng ~ f"
five <- "f =~ v1 + v2 + v3 + v4 + v5"
equal <- c("loadings", "thresholds")
for (estimator in c("WLSM", "WLSMVS", "ULSM", "ULSMVS", "ULS")) keep(estimator, two, o, estimator = estimator)
keep("residual_covariance", paste0(two, "\ny1 ~~ y2\ny3 ~~ y4"), o)
keep("saturated", "f =~ y1 + y3 + y5", o[c(1, 3, 5)])
keep("equal_thresholds", paste0(five, "\nv1 | a*t1 + b*t2\nv2 | a*t1 + b*t2"), p)
keep("outcomes", "f =~ y1 + y3 + y5\nz ~ f\nw ~ z + f", o[c(1, 3, 5)])
keep("mixed_wls", "f =~ z + w + y1 + y3", o[c(1, 3)], estimator = "WLS")
keep("thresholds_only", two, o, group = "group", group.equal = "thresholds")
keep("partial", five, p, group = "group", group.equal = equal, group.partial = c("f=~v2", "v2|t1", "v2|t2"))
keep("groups_wls", "f =~ y1 + y3 + y5", o[c(1, 3, 5)], group = "group", group.equal = "loadings", estimator = "WLS")
keep("pairwise", five, p, missing = "pairwise")
keep("pairwise_ulsmv", five, p, missing = "pairwise", estimator = "ULSMV")
keep("pairwise_groups", five, p, missing = "pairwise", group = "group", group.equal = equal)
keep("theta", two, o, parameterization = "theta")
keep("theta_wls", two, o, parameterization = "theta", estimator = "WLS", std.lv = TRUE)
keep("theta_residual_covariance", paste0(two, "\ny1 ~~ y2"), o, parameterization = "theta")
keep("theta_groups", five, p, parameterization = "theta", group = "group", group.equal = equal)
keep("theta_strict", five, p, parameterization = "theta", group = "group", group.equal = c(equal, "residuals"))
keep("theta_causes", "f =~ q1 + q2 + q3 + q4\nf ~ age + woman\nq3 ~ woman", q[1:4], parameterization = "theta", file = "ordered_causes")
keep("theta_mixed", "g =~ q5 + q6 + visits + q8\nf =~ q1 + q2 + q3\ng ~ f + income\nf ~ age", q[c(1:3, 5, 6, 8)],
     parameterization = "theta", file = "ordered_causes")
keep("theta_groups_causes", "f =~ q1 + q2 + q3 + q4\nf ~ age + woman", q[1:4], parameterization = "theta", group = "branch",
     group.equal = equal, file = "ordered_causes")
write(toJSON(out, digits = 8, auto_unbox = TRUE, na = "null", dataframe = "columns"), "missing_ordered/ordered_more.json")
