# Reference numbers for 22 ordered items of unequal numbers of categories, and in two groups: lavaan 0.6-14, R 4.2.
# Run in tests/reference: Rscript r/ordered_22.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(2206)
n <- 700
owner <- rep(1:4, c(6, 6, 5, 5))
f <- matrix(rnorm(n * 4), n) %*% chol(matrix(.35, 4, 4) + diag(.65, 4))
group <- rep(c("first", "second"), c(380, 320))
f[group == "second", 2] <- .4 + 1.2 * f[group == "second", 2]
categories <- c(5, 5, 5, 5, 5, 5, 7, 5, 4, 5, 3, 5, 5, 2, 5, 5, 5, 7, 5, 3, 5, 5)
items <- sapply(1:22, function(j) {
  y <- c(.8, .7, .6, .75, .65, .85)[(j - 1) %% 6 + 1] * f[, owner[j]] + rnorm(n, sd = .65)
  cuts <- qnorm(seq(.08, .93, length.out = categories[j] - 1) + if (categories[j] == 2) .3 else 0) + .15 * sin(j)
  as.integer(cut(y, c(-Inf, cuts, Inf)))
})
colnames(items) <- paste0("q", 1:22)
write.csv(data.frame(group, items), "missing_ordered/ordered_22.csv", row.names = FALSE, quote = FALSE)
data <- read.csv("missing_ordered/ordered_22.csv")
q <- paste0("q", 1:22)
four <- paste(sapply(1:4, function(k) paste0("f", k, " =~ ", paste0("q", which(owner == k), collapse = " + "))), collapse = "\n")
path <- paste0(four, "\nf4 ~ f1 + f2 + f3\nf3 ~ f1 + f2")
out <- list()
keep <- function(name, model, fit, ...) {
  estimates <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
  out[[name]] <<- list(
    model = model, data = "ordered_22", call = list(...),
    estimates = estimates[, intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.lv", "std.all"), names(estimates))],
    measures = as.list(unclass(fitMeasures(fit))))
}
cor <- lavCor(data[q], ordered = q)
fit <- cfa(four, data, ordered = q)
keep("four", four, fit, ordered = q)
out$four$polychoric <- unname(unclass(cor)[lower.tri(cor)])
out$four$gamma_diag <- diag(lavInspect(fit, "gamma"))
keep("path_ulsmv", path, sem(path, data, ordered = q, estimator = "ULSMV"), ordered = q, estimator = "ULSMV")
equal <- c("loadings", "thresholds")
grouped <- cfa(four, data, ordered = q, group = "group", group.equal = equal)
keep("groups", four, grouped, ordered = q, group = "group", group_equal = equal)
out$groups$implied_means <- unname(fitted(grouped)[[2]]$mean)
out$groups$implied_correlations <- unname(unclass(fitted(grouped)[[2]]$cov)[1:4, 1:4])
write(toJSON(out, digits = 8, auto_unbox = TRUE, na = "null", dataframe = "columns"), "missing_ordered/ordered_22.json")
