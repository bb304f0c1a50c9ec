# lavaan's Bollen-Stine and parametric bootstraps: distribution of the test statistic and of the estimates.
# Run from tests/reference: Rscript r/model_bootstraps.R   (lavaan 0.6-14, R 4.2.2)
suppressMessages({library(lavaan); library(jsonlite)})
models <- fromJSON("resampling/fixed_indices/models.json")
democracy <- read.csv("sem/political_democracy.csv")
hs <- read.csv("sem/hs.csv")
three <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
cfg <- list(
  political_democracy = list(model = models$political_democracy, data = democracy, args = list()),
  schools = list(model = three, data = hs, args = list(group = "school", group.equal = c("loadings", "intercepts"))))
draws <- 300
out <- lapply(cfg, function(case) {
  fit <- do.call("sem", c(list(case$model, case$data), case$args))
  run <- function(type, seed) {
    set.seed(seed)
    found <- suppressWarnings(bootstrapLavaan(fit, R = draws, type = type, FUN = function(f)
      if (lavInspect(f, "converged")) c(fitMeasures(f, "chisq"), coef(f)) else rep(NA, 1 + length(coef(f)))))
    found <- found[is.finite(found[, 1]), , drop = FALSE]
    list(draws = nrow(found), chisq = sort(found[, 1]), p = mean(found[, 1] >= fitMeasures(fit, "chisq")),
      names = names(coef(fit)), mean = colMeans(found[, -1]), sd = apply(found[, -1], 2, sd),
      kurtosis = apply(found[, -1], 2, function(x) mean((x - mean(x))^4) / mean((x - mean(x))^2)^2))
  }
  list(model = case$model, chisq = fitMeasures(fit, "chisq"), bollen_stine = run("bollen.stine", 3), parametric = run("parametric", 4))
})
write(toJSON(out, digits = 7, auto_unbox = TRUE), "resampling/model_bootstraps.json")
