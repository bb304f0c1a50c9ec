# lavaan's refits on the resamples in resampling/fixed_indices/*_indices.csv.gz (row numbers from one, a resample
# a line), and intervals of 5,000 random draws of the mediation model.
# Run from tests/reference: Rscript r/fixed_indices.R   (lavaan 0.6-14, R 4.2.2)
suppressMessages({library(lavaan); library(jsonlite)})
folder <- "resampling/fixed_indices/"

refits <- function(name, model, data) {
  index <- as.matrix(read.csv(gzfile(paste0(folder, name, "_indices.csv.gz")), header = FALSE))
  fits <- lapply(seq_len(nrow(index)), function(k)
    suppressWarnings(sem(model, data[index[k, ], ], se = "none", test = "standard")))
  table <- data.frame(t(sapply(fits, coef)), check.names = FALSE)
  table <- cbind(chisq = sapply(fits, fitMeasures, "chisq"), converged = 1 * sapply(fits, lavInspect, "converged"), table)
  # nine digits are far more than the 1e-6 and 5e-4 that are compared
  write.csv(signif(table, 9), gzfile(paste0(folder, name, "_refits.csv.gz")), row.names = FALSE, quote = FALSE)
}

models <- fromJSON(paste0(folder, "models.json"))
democracy <- read.csv("sem/political_democracy.csv")
mediation <- read.csv("sem/mediation.csv")
latents <- read.csv(gzfile(paste0(folder, "eight_latents_data.csv.gz")))
refits("political_democracy", models$political_democracy, democracy)
refits("mediation", models$mediation, mediation)
refits("eight_latents", models$eight_latents, latents)

set.seed(123)
fit <- sem(models$mediation, mediation, se = "bootstrap", bootstrap = 5000)
limits <- function(type) parameterEstimates(fit, boot.ci.type = type)[, c("lhs", "op", "rhs", "label", "est", "se", "ci.lower", "ci.upper")]
write(toJSON(list(draws = 5000, perc = limits("perc"), bca.simple = limits("bca.simple")), digits = 10, na = "null"),
  paste0(folder, "mediation_intervals.json"))
