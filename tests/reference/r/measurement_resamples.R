# Reliability of the same resamples: semTools on lavaan's refits, psych's omega with three group factors.
# Run from tests/reference: Rscript r/measurement_resamples.R   (semTools 0.5-6, psych 2.2.9, lavaan 0.6-14, R 4.2.2)
suppressMessages({library(lavaan); library(semTools); library(psych); library(jsonlite)})
set.seed(77)
answers <- read.csv("measurement/survey.csv")
draws <- 8
index <- t(replicate(draws, sample(nrow(answers), replace = TRUE)))
model <- "quality =~ q1 + q2 + q3 + q4
trust =~ t1 + t2 + t3 + t4
satisfaction =~ s1 + s2 + s3 + s4"
one <- function(k) {
  d <- answers[index[k, ], ]
  fit <- cfa(model, d)
  wide <- suppressMessages(suppressWarnings(omega(d, 3, plot = FALSE)))
  list(cr = as.list(compRelSEM(fit)), ave = as.list(AVE(fit)), total = wide$omega.tot, hierarchical = wide$omega_h,
    htmt = as.list(semTools::htmt(model, d)[lower.tri(diag(3))]))
}
out <- list(model = model, index = index - 1L, draws = lapply(seq_len(draws), one))
write(toJSON(out, digits = 9, auto_unbox = TRUE), "measurement/resamples.json")
