# Parallel analysis of ordered items on polychoric correlations by psych: eigenvalues of the answers and of
# answers resampled item by item.
# Run from tests/reference: Rscript r/parallel_polychoric.R   (psych 2.2.9, R 4.2.2)
suppressMessages({library(psych); library(jsonlite)})
set.seed(9)
answers <- read.csv("measurement/survey.csv")
pdf(NULL)
found <- suppressWarnings(suppressMessages(fa.parallel(answers, cor = "poly", fm = "minres", n.iter = 60, quant = 0.95,
  sim = FALSE, plot = FALSE)))
drawn <- found$values
p <- ncol(answers)
out <- list(component = found$pc.values, factor = found$fa.values, n_components = found$ncomp, n_factors = found$nfact,
  names = colnames(drawn), mean = unname(colMeans(drawn)), sd = unname(apply(drawn, 2, sd)), draws = nrow(drawn))
write(toJSON(out, digits = 9, auto_unbox = TRUE), "measurement/parallel_polychoric.json")
