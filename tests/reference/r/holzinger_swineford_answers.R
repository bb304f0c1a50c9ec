# References of tests/reference/missing_ordered/holzinger_swineford.json: lavaan 0.6-14, R 4.2.
# Run in tests/reference: Rscript r/holzinger_swineford_answers.R
# The data are lavaan's HolzingerSwineford1939: 20 % of each item removed at random, or cut into five categories.
suppressMessages({library(lavaan); library(jsonlite)})
X <- HolzingerSwineford1939
set.seed(20240101)
for (v in paste0("x", 1:9)) X[[v]][sample(nrow(X), round(.2 * nrow(X)))] <- NA
O <- HolzingerSwineford1939
for (v in paste0("x", 1:9)) {
  y <- HolzingerSwineford1939[[v]]
  O[[v]] <- as.integer(cut(y, c(-Inf, quantile(y, c(.08, .3, .65, .9)), Inf)))
}
model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
x <- paste0("x", 1:9)
fits <- list(
  g1_hs_ordinal_wlsmv = cfa(model, O, ordered = x, estimator = "WLSMV"),
  g2_hs_ordinal_dwls = cfa(model, O, ordered = x, estimator = "DWLS"),
  g3_hs_ordinal_ulsmv = cfa(model, O, ordered = x, estimator = "ULSMV"),
  e_hs_fiml = cfa(model, X, missing = "fiml"),
  e2_hs_fiml_mlr = cfa(model, X, missing = "fiml", estimator = "MLR"))
out <- lapply(fits, function(fit) list(
  estimates = as.list(as.data.frame(parameterEstimates(fit, standardized = TRUE))),
  measures = as.list(unclass(fitMeasures(fit))),
  standardized_se = standardizedSolution(fit)$se,
  modindices = as.list(as.data.frame(modindices(fit)))))
out$g1_hs_ordinal_wlsmv$polychoric <- unclass(lavCor(O[, x], ordered = x))
out$g1_hs_ordinal_wlsmv$gamma_diag <- diag(lavInspect(fits$g1_hs_ordinal_wlsmv, "gamma"))
out$e_hs_fiml$factor_scores <- lavPredict(fits$e_hs_fiml)[1:20, ]
out$e_hs_fiml$saturated <- lavInspect(fits$e_hs_fiml, "sampstat")
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "holzinger_swineford_answers.json")
