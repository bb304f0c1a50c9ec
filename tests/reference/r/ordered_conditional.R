# Reference numbers for ordered items with observed causes (conditional.x): lavaan 0.6-14, R 4.2.
# Run in tests/reference: Rscript r/ordered_conditional.R
suppressMessages({library(lavaan); library(jsonlite)})

set.seed(20261123)
n <- 520
age <- round(runif(n, 18, 65)); woman <- rbinom(n, 1, .45); income <- round(exp(rnorm(n, 7.8, .35)))
branch <- sample(c("north", "south"), n, TRUE, c(.52, .48))
f1 <- .025 * (age - 40) + .4 * woman + rnorm(n)
f2 <- .5 * f1 + .4 * scale(log(income))[, 1] + .2 * (branch == "south") + rnorm(n, sd = .8)
cutpoints <- list(c(-1.2, -.4, .4, 1.3), c(-.7, .1, .9), c(-.9, .5), c(.2), c(-1, 0, .8), c(-1.4, -.6, .3, 1.2), c(-.5, .6), c(.4))
strength <- c(.8, .7, .9, .75, .8, .7, .85, .8)
items <- sapply(1:8, function(j) {
  y <- strength[j] * (if (j <= 4) f1 else f2) + (j == 3) * .3 * woman + rnorm(n, sd = .7)
  as.integer(cut(y, c(-Inf, cutpoints[[j]], Inf)))
})
colnames(items) <- paste0("q", 1:8)
visits <- round(3 + 1.2 * f2 + .02 * age + rnorm(n), 4)
again <- as.integer(cut(.6 * f2 + .02 * (age - 40) + rnorm(n), c(-Inf, -.5, .5, Inf)))
write.csv(data.frame(branch, items, visits, again, age, woman, income = round(income / 1000, 3)),
          "missing_ordered/ordered_causes.csv", row.names = FALSE)
data <- read.csv("missing_ordered/ordered_causes.csv")

out <- list()
keep <- function(name, model, ordered, ...) {
  fit <- sem(model, data, ordered = ordered, ...)
  estimates <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
  standard <- standardizedSolution(fit)
  call <- list(ordered = I(ordered), ...)
  names(call) <- gsub(".", "_", names(call), fixed = TRUE)
  call$conditional_x <- NULL  # fixed_x says it here
  if ("group_equal" %in% names(call)) call$group_equal <- I(call$group_equal)
  measures <- as.list(unclass(fitMeasures(fit)))
  implied <- fitted(fit)
  slopes <- if ("res.slopes" %in% names(implied)) unname(unclass(implied$res.slopes))
  rsquare <- lavInspect(fit, "rsquare")
  out[[name]] <<- list(
    model = model, data = "ordered_causes", call = call,
    estimates = estimates[, intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.lv", "std.all"), names(estimates))],
    implied_slopes = slopes, standardized_se = standard$se, measures = measures, r2 = if (is.list(rsquare)) lapply(rsquare, as.list) else as.list(rsquare))
}
q <- paste0("q", 1:8)
one <- "f =~ q1 + q2 + q3 + q4"
mimic <- paste0(one, "\nf ~ age + woman")
two <- "f =~ q1 + q2 + q3 + q4\ng =~ q5 + q6 + q7 + q8"
structural <- paste0(two, "\nf ~ a*age + woman\ng ~ b*f + income + d*age\nindirect := a*b\ntotal := a*b + d")
keep("mimic", mimic, q[1:4])
keep("mimic_dwls", mimic, q[1:4], estimator = "DWLS")
keep("mimic_ulsmv", mimic, q[1:4], estimator = "ULSMV")
keep("mimic_wls", mimic, q[1:4], estimator = "WLS")
keep("direct_effect", paste0(mimic, "\nq3 ~ woman"), q[1:4])
keep("structural", structural, q)
keep("structural_std_lv", structural, q, std.lv = TRUE)
binary <- "g =~ q8 + q4 + q7\ng ~ woman + income"
keep("few_categories", binary, c("q8", "q4", "q7"))
mixed <- "g =~ q5 + q6 + visits + q8\nf =~ q1 + q2 + q3\ng ~ f + income\nf ~ age\nvisits ~ age"
keep("mixed", mixed, c("q1", "q2", "q3", "q5", "q6", "q8"))
keep("mixed_wls", "g =~ q5 + q6 + visits\ng ~ income", c("q5", "q6"), estimator = "WLS")
keep("continuous_mediator", "visits ~ age + woman\nagain ~ visits + age", "again")
keep("latent_to_ordered", paste0(one, "\nf ~ age + woman\nagain ~ f + age"), c(q[1:4], "again"))
keep("probit", "again ~ age + woman + income", "again")
keep("two_probits", "again ~ age + woman\nq8 ~ woman + income", c("again", "q8"))
keep("ordered_mediator", "q6 ~ age + woman\nagain ~ q6 + age", c("q6", "again"))
keep("random_causes", paste0(one, "\nf ~ age + income"), q[1:4], fixed.x = FALSE, conditional.x = FALSE)
for (equal in list(character(0), "loadings", c("loadings", "thresholds"), c("loadings", "thresholds", "regressions"))) {
  name <- paste(c("groups", equal), collapse = "_")
  if (length(equal)) keep(name, mimic, q[1:4], group = "branch", group.equal = equal) else keep(name, mimic, q[1:4], group = "branch")
}
keep("groups_mixed_equal", "g =~ q5 + q6 + visits + q7\ng ~ income", c("q5", "q6", "q7"), group = "branch",
     group.equal = c("loadings", "intercepts"))
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", dataframe = "columns"), "missing_ordered/conditional.json")

# difference tests: metric against configural, scalar against metric
difference <- list()
for (estimator in c("WLSMV", "WLSM", "WLSMVS", "ULSMV", "DWLS")) for (parameterization in c("delta", "theta")) {
  fits <- lapply(list("", "loadings", c("loadings", "thresholds")), function(equal)
    sem(mimic, data, ordered = q[1:4], group = "branch", group.equal = equal, estimator = estimator, parameterization = parameterization))
  test <- do.call(lavTestLRT, fits)
  difference[[paste(estimator, parameterization)]] <- test[["Chisq diff"]][-1]
}
write(toJSON(difference, digits = NA), "missing_ordered/conditional_differences.json")
