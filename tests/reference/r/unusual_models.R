# Reference numbers for unusual models: thresholds alone, residual variances written for ordered items, a latent variance
# of zero, remainders, factor scores by row. lavaan 0.6-14, R 4.2. Run in tests/reference: Rscript r/unusual_models.R
suppressMessages({library(lavaan); library(jsonlite)})
cat <- read.csv("missing_ordered/ordered_more.csv"); hs <- read.csv("sem/hs.csv")
out <- list()
keep <- function(name, model, data, ...) {
  fit <- sem(model, data, ...)
  estimates <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
  columns <- intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.lv", "std.all"), names(estimates))
  out[[name]] <<- list(model = model, estimates = estimates[columns], chisq = fitMeasures(fit)[["chisq"]],
                       df = fitMeasures(fit)[["df"]])
}
items <- paste0("y", 1:6); v <- paste0("v", 1:4)
keep("thresholds_alone", "y2 | t1", cat, ordered = "y2", estimator = "WLSMV")
keep("thresholds_beside", "f =~ y1 + y3 + y5\ny2 | t1", cat, ordered = items[c(1, 2, 3, 5)], estimator = "WLSMV")
keep("residual_variances", "f =~ v1 + v2 + v3 + v4\nv2 ~~ 1*v2\nv3 ~~ 0.4*v3", cat, ordered = v, estimator = "WLSMV")
keep("theta_scales", "f =~ v1 + v2 + v3 + v4\nv2 ~*~ 0.7*v2", cat, ordered = v, estimator = "WLSMV",
     parameterization = "theta")
keep("zero_variance", "a =~ x1 + x2 + x3\nb =~ 1*x1 + 1*x2 + 1*x3\nb ~~ 0*b\nb ~~ 0*a", hs)
keep("zero_disturbance", "a =~ x1 + x2 + x3\nb =~ 1*x4 + 1*x5 + 1*x6\nb ~~ 0*b\nb ~ a\nc =~ x7 + x8 + x9\nc ~ b", hs)
keep("negative_variance", "f =~ x1 + x2 + x3 + x4\nf ~~ -0.2*f", hs)
keep("remainders", "f =~ x1 + a*x2 + b*x3\nr := a %% b\nq := 7 * b %/% a\nm := -a %% 3 * 2", hs)
write_json(out, "sem/unusual_models.json", digits = 10, auto_unbox = TRUE, na = "null")
