# Power, bias, coverage and improper solutions by a plain loop over lavaan.
# Run from tests/reference: Rscript r/planning.R   (lavaan 0.6-14, MASS, R 4.2.2)
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(12)
model <- "f =~ x1 + x2 + x3
g =~ y1 + y2 + y3
g ~ b*f + c*z
ind := b*c"
population <- "f =~ 0.8*x1 + 0.7*x2 + 0.75*x3
g =~ 0.7*y1 + 0.75*y2 + 0.8*y3
g ~ 0.3*f + 0.2*z
f ~~ 0.25*z"
written <- paste(population, "f ~~ 1*f\nz ~~ 1*z
x1 ~~ 0.36*x1\nx2 ~~ 0.51*x2\nx3 ~~ 0.4375*x3\ny1 ~~ 0.51*y1\ny2 ~~ 0.4375*y2\ny3 ~~ 0.36*y3
g ~~ 0.84*g", sep = "\n")  # 1 - (.09 + .04 + 2 (.3)(.2)(.25))
sigma <- fitted(sem(written, do.fit = FALSE, fixed.x = FALSE))$cov
true <- sem(model, sample.cov = sigma, sample.nobs = 1e6, fixed.x = FALSE)
pt <- parameterEstimates(true); kept <- pt$op != "=~" | pt$se > 0
name <- ifelse(pt$op == ":=", pt$lhs, paste0(pt$lhs, pt$op, pt$rhs))[kept]
size <- function(n, draws = 250) {
  rows <- lapply(seq_len(draws), function(k) {
    fit <- suppressWarnings(sem(model, as.data.frame(MASS::mvrnorm(n, rep(0, nrow(sigma)), sigma)), fixed.x = FALSE))
    if (!lavInspect(fit, "converged")) return(NULL)
    e <- parameterEstimates(fit)[kept, ]
    list(est = e$est, se = e$se, chisq = fitMeasures(fit, c("chisq", "df")), improper = any(e$est[e$op == "~~" & e$lhs == e$rhs] < 0))
  })
  rows <- rows[!sapply(rows, is.null)]
  est <- t(sapply(rows, `[[`, "est")); se <- t(sapply(rows, `[[`, "se")); p <- pt$est[kept]
  z <- qnorm(.975)
  list(converged = nrow(est), improper = mean(sapply(rows, `[[`, "improper")),
    exact_fit_rejected = mean(sapply(rows, function(r) pchisq(r$chisq[1], r$chisq[2], lower = FALSE) < .05)),
    parameters = data.frame(name = name, population = p, mean = colMeans(est), sd = apply(est, 2, sd),
      kurtosis = apply(est, 2, function(x) mean((x - mean(x))^4) / mean((x - mean(x))^2)^2),
      mean_se = colMeans(se, na.rm = TRUE), sd_se = apply(se, 2, sd, na.rm = TRUE),
      coverage = colMeans(abs(sweep(est, 2, p)) <= z * se, na.rm = TRUE), power = colMeans(abs(est) > z * se, na.rm = TRUE)))
}
n <- c(60, 250)
write(toJSON(list(model = model, population = population, n = n, sizes = lapply(n, size)), digits = 8, auto_unbox = TRUE), "resampling/planning.json")
