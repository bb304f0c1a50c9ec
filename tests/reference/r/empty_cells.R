# Ordered items with empty cells in their tables: lavaan 0.6-14. Run in tests/reference: Rscript r/empty_cells.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(3)
f <- rnorm(120)
X <- data.frame(a = (f + .3 * rnorm(120) > .8) + 0L, b = (f + .3 * rnorm(120) > -.7) + 0L, c = (.6 * f + rnorm(120) > 0) + 0L,
                d = as.integer(cut(f + .4 * rnorm(120), c(-Inf, -1, 0.2, Inf))),
                e = as.integer(cut(.9 * f + .3 * rnorm(120), c(-Inf, -.8, .5, 1.2, Inf))))
write.csv(X, "missing_ordered/empty_cells.csv", row.names = FALSE)
fit <- cfa("f =~ a + b + c + d + e", X, ordered = names(X))
write(toJSON(list(polychoric = unclass(lavCor(X, ordered = names(X))), measures = as.list(unclass(fitMeasures(fit))),
                  est = parameterEstimates(fit)$est[1:5], se = parameterEstimates(fit)$se[1:5]),
             digits = NA, auto_unbox = TRUE, na = "null"), "missing_ordered/empty_cells.json")
