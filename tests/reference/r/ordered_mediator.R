# An ordered item that is both an effect and a cause: lavaan 0.6-14's numbers, which are not at the minimum. R 4.2.
# Run in tests/reference, after ordered_conditional.R: Rscript r/ordered_mediator.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(77)
n <- 800
f <- rnorm(n); m <- .8 * f + rnorm(n, sd = .6); g <- .7 * m + .2 * f + rnorm(n, sd = .5)
cutting <- function(y, cuts) as.integer(cut(y, c(-Inf, cuts, Inf)))
data <- data.frame(
  sapply(1:3, function(j) cutting(.8 * f + rnorm(n, sd = .6), c(-1, 0, 1))), cutting(m, c(-1, -.2, .6)),
  sapply(1:3, function(j) cutting(.8 * g + rnorm(n, sd = .5), c(-.9, .1, 1))))
names(data) <- c("a1", "a2", "a3", "m", "b1", "b2", "b3")
write.csv(data, "missing_ordered/ordered_mediator.csv", row.names = FALSE)
model <- "f =~ a1 + a2 + a3\ng =~ b1 + b2 + b3\nm ~ a*f\ng ~ b*m + c*f\nindirect := a*b"
fit <- sem(model, data, ordered = names(data))
free <- parTable(fit)[parTable(fit)$free > 0, ]
estimates <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
write(toJSON(list(model = model, estimates = estimates[c("lhs", "op", "rhs", "est", "se", "std.all")], 
  chisq = unname(fitMeasures(fit, "chisq")), df = unname(fitMeasures(fit, "df")), chisq_scaled = unname(fitMeasures(fit, "chisq.scaled")),
  variances = unname(diag(lavInspect(fit, "implied")$cov))), digits = NA, auto_unbox = TRUE, dataframe = "columns", na = "null"),
  "missing_ordered/ordered_mediator.json")
