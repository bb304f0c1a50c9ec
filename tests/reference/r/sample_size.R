# Study 16 by plain loops over lavaan and lm: joint significance of an indirect effect, distributions of CFI, RMSEA and SRMR of a
# true and of a wrong model, a moderation of mean scores, metric invariance by the likelihood-ratio test, a path that differs
# between groups, and noncentralities of T-size. Run from tests/reference: Rscript r/sample_size.R   (lavaan 0.6-14, MASS, R 4.2.2)
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(16)
draw <- function(sigma, n) as.data.frame(MASS::mvrnorm(n, rep(0, nrow(sigma)), sigma))
of <- function(text) fitted(sem(text, do.fit = FALSE, fixed.x = FALSE))$cov
residuals_of <- function(items, loading = .7) paste0(items, " ~~ ", 1 - loading^2, "*", items, collapse = "\n")
items <- c(paste0("x", 1:4), paste0("m", 1:4), paste0("y", 1:4))
measured <- function(free) paste(sapply(c("x", "m", "y"), function(f) paste0(f, " =~ ", paste0(if (free) "" else "0.7*", f, 1:4, collapse = " + "))), collapse = "\n")
population <- paste(measured(FALSE), residuals_of(items), "x ~~ 1*x\nm ~~ 0.91*m\ny ~~ 0.91*y\nm ~ 0.3*x\ny ~ 0.3*m", sep = "\n")
out <- list()
sigma <- of(population)
model <- paste(measured(TRUE), "m ~ x\ny ~ m", sep = "\n")
out$joint <- sapply(c(100, 200), function(n) mean(replicate(500, {
  pt <- parameterEstimates(suppressWarnings(sem(model, draw(sigma, n))))
  all(abs(pt$est[pt$op == "~"] / pt$se[pt$op == "~"]) > qnorm(.975))
})))
wrong <- sub("x =~", "x =~ 0.3*m1 +", sub("m1 ~~ 0.51\\*m1", paste0("m1 ~~ ", 1 - .49 - .09 - 2 * .7 * .3 * .3, "*m1"), population))
measures <- c("cfi", "rmsea", "srmr")
fits <- function(sigma) t(replicate(500, fitMeasures(suppressWarnings(cfa(measured(TRUE), draw(sigma, 300))), measures)))
out$fit <- lapply(list(true = sigma, wrong = of(wrong)), function(s) apply(fits(s), 2, quantile, c(.05, .5, .95)))
moderated <- function(n) mean(replicate(4000, {
  x <- rnorm(n); z <- .3 * x + sqrt(1 - .09) * rnorm(n); y <- .2 * (x + z + x * z) + sqrt(1 - .04 * (2 + .6 + 1.09)) * rnorm(n)
  seen <- function(v, rel) sqrt(rel) * v + sqrt(1 - rel) * rnorm(n)
  rel <- c(3 * .49 / (3 * .49 + .51), 4 * .49 / (4 * .49 + .51), 1)
  d <- data.frame(x = seen(x, rel[1]), z = seen(z, rel[2]), y = seen(y, rel[3]))
  summary(lm(y ~ x * z, d))$coefficients["x:z", 4] < .05
}))
out$moderation <- sapply(c(150, 300), moderated)
lower <- of(sub("0.7\\*x2", "0.4*x2", sub("x2 ~~ 0.51", "x2 ~~ 0.84", population)))
invariance <- function(n) mean(replicate(500, {
  d <- rbind(cbind(draw(sigma, n / 2), g = 1), cbind(draw(lower, n / 2), g = 2))
  one <- "x =~ x1 + x2 + x3 + x4"
  free <- suppressWarnings(cfa(one, d, group = "g")); equal <- suppressWarnings(cfa(one, d, group = "g", group.equal = "loadings"))
  pchisq(fitMeasures(equal, "chisq") - fitMeasures(free, "chisq"), fitMeasures(equal, "df") - fitMeasures(free, "df"), lower = FALSE) < .05
}))
out$invariance <- sapply(c(200, 400), invariance)
stronger <- of(sub("m ~~ 0.91", "m ~~ 0.64", sub("m ~ 0.3", "m ~ 0.6", population)))
two <- function(s, n) { pt <- parameterEstimates(suppressWarnings(sem(model, draw(s, n)))); unlist(pt[pt$lhs == "m" & pt$op == "~", c("est", "se")]) }
out$path <- sapply(c(200, 400), function(n) mean(replicate(400, {
  a <- two(sigma, n / 2); b <- two(stronger, n / 2); abs(a[1] - b[1]) / sqrt(a[2]^2 + b[2]^2) > qnorm(.975)
})))
ncp <- function(p, x, df) if (pchisq(x, df) <= p) 0 else uniroot(function(d) pchisq(x, df, d) - p, c(0, 10 * x + 10), tol = 1e-12)$root
r <- matrix(c(1, .5, .4, .4, .5, 1, .4, .3, .4, .4, 1, .5, .4, .3, .5, 1), 4, dimnames = list(letters[1:4], letters[1:4]))
out$t_size <- lapply(c(100, 300, 1000), function(n) {
  m <- fitMeasures(cfa("f =~ a + b + c + d", sample.cov = r, sample.nobs = n), c("chisq", "df", "baseline.chisq", "baseline.df"))
  near <- ncp(.025, m[1], m[2]); list(n = n, rmsea = sqrt(ncp(.05, m[1], m[2]) / (m[2] * n)), cfi = unname(1 - near / max(near, ncp(.975, m[3], m[4]))))
})
write(toJSON(out, digits = 10, auto_unbox = TRUE), "studies/sample_size.json")
