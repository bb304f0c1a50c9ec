# WLS of a resample of the Holzinger-Swineford data on which Gauss-Newton steps from most starting values run off.
# Run in tests/reference: Rscript r/wls_resample.R
suppressMessages({library(lavaan); library(jsonlite)})
rows <- read.csv("sem/wls_resample_rows.csv")$row # rows of the data, counted from one
d <- read.csv("sem/hs.csv")[rows, ]
fit <- cfa("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", d, estimator = "WLS")
stopifnot(lavInspect(fit, "converged"))
write(toJSON(list(chisq = fitMeasures(fit, "chisq")[[1]], est = parameterEstimates(fit)$est,
                  lavaan = as.character(packageVersion("lavaan"))), digits = 10, auto_unbox = TRUE), "sem/wls_resample.json")
