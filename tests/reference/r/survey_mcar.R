# Little's MCAR test with lavaan's EM moments (an implementation independent of ours) and base R.
# Rscript survey_mcar.R <folder for results> <ABC2 as CSV, items only; written from mistat, not kept here>
library(lavaan)
arguments <- commandArgs(trailingOnly = TRUE)

moments <- function(items) {
  model <- paste(apply(combn(names(items), 2), 2, paste, collapse = " ~~ "), collapse = "\n")
  fit <- lavaan(model, items, missing = "fiml", auto.var = TRUE, meanstructure = TRUE, int.ov.free = TRUE,
                em.h1.tol = 1e-14, em.h1.iter.max = 20000)
  lavInspect(fit, "sampstat")
}

little <- function(items) {
  items <- items[rowSums(!is.na(items)) > 0, ]
  em <- moments(items)
  p <- ncol(items)
  pattern <- apply(!is.na(items), 1, paste, collapse = "")
  d2 <- 0
  observed <- 0
  for (rows in split(seq_len(nrow(items)), pattern)) {
    here <- !is.na(unlist(items[rows[1], ]))
    centre <- colMeans(items[rows, here, drop = FALSE])
    d2 <- d2 + length(rows) * mahalanobis(centre, em$mean[here], em$cov[here, here, drop = FALSE])
    observed <- observed + sum(here)
  }
  df <- observed - p
  list(statistic = unname(d2), df = df, pvalue = pchisq(unname(d2), df, lower.tail = FALSE),
       patterns = length(unique(pattern)), n = nrow(items),
       mean = as.numeric(em$mean), covariance = unclass(as.matrix(em$cov)))
}

# Longest run of one answer, as rle gives it; Mahalanobis distances by base R on complete rows.
answers <- read.csv(file.path(arguments[1], "answers.csv"))
runs <- apply(answers, 1, function(row) max(rle(row)$lengths))
distance <- mahalanobis(answers, colMeans(answers), cov(answers) * (nrow(answers) - 1) / nrow(answers))
even_odd <- apply(answers, 1, function(row) {
  odd <- sapply(0:4, function(k) mean(row[4 * k + c(1, 3)]))
  even <- sapply(0:4, function(k) mean(row[4 * k + c(2, 4)]))
  if (sd(odd) == 0 || sd(even) == 0) return(NA)
  r <- cor(odd, even)
  max(2 * r / (1 + r), -1)
})

air <- airquality[, 1:6]
write.csv(air, file.path(arguments[1], "airquality.csv"), row.names = FALSE, na = "")
result <- list(airquality = little(air), abc2 = little(read.csv(arguments[2])),
               longest_string = runs, irv = apply(answers, 1, sd), mahalanobis = distance, even_odd = even_odd,
               made_with = paste(R.version.string, "lavaan", packageVersion("lavaan")))
result$abc2$mean <- result$abc2$covariance <- NULL
jsonlite::write_json(result, file.path(arguments[1], "screening.json"), digits = NA, auto_unbox = TRUE,
                     pretty = TRUE, na = "null")
