# Reference numbers for workbench.evaluation.before_after: the ten firms that D3 prints.
# Run from the repository's root: Rscript tests/reference/r/before_after.R
library(jsonlite)

firms <- read.csv("data/printed/ten_firms.csv", fileEncoding = "UTF-8")

# The noncentral t by its integral: pt() is documented as accurate only for ncp up to 37.62, and these
# limits lie beyond (with pt() the upper limits come out 1.3 % too low).
noncentral <- function(t, df) {
  below <- function(ncp) {
    integrate(function(v) pnorm(t * sqrt(v / df) - ncp) * dchisq(v, df), 0, 400, rel.tol = 1e-11,
              subdivisions = 2000)$value
  }
  root <- function(p) uniroot(function(ncp) below(ncp) - p, c(0, 2 * t), tol = 1e-11)$root
  c(root(.975), root(.025))
}

exact <- function(values) {
  signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(values))))
  mean(abs(signs %*% values) >= abs(sum(values)) - 1e-9)
}

both <- function(before, after) {
  gain <- after - before
  n <- length(gain)
  test <- t.test(after, before, paired = TRUE)
  limits <- noncentral(test$statistic, n - 1)
  j <- exp(lgamma((n - 1) / 2) - log(sqrt((n - 1) / 2)) - lgamma((n - 2) / 2))
  average <- sqrt((var(before) + var(after)) / 2)
  scale <- j * sd(gain) / (sqrt(n) * average)
  logs <- t.test(log(after / before))
  list(
    t = unname(test$statistic), p = test$p.value, mean = mean(gain), ci = test$conf.int,
    wilcoxon = unname(suppressWarnings(wilcox.test(after, before, paired = TRUE))$statistic),
    flips = exact(gain), j = j,
    g_av = unname(scale * test$statistic), g_av_ci = unname(scale * limits),
    d_z = mean(gain) / sd(gain), d_z_ci = unname(limits / sqrt(n)),
    relative = unname(exp(logs$estimate) - 1), relative_ci = exp(logs$conf.int) - 1,
    r = cor(before, after), r_ci = cor.test(before, after)$conf.int,
    oldham = cor(gain, (before + after) / 2)
  )
}

x <- firms$satisfaction_after - firms$satisfaction_before
y <- firms$loyalty_after - firms$loyalty_before
fit <- lm(y ~ x)
without <- t(sapply(seq_along(x), function(i) {
  one <- lm(y[-i] ~ x[-i])
  c(coef(one)[2], confint(one)[2, ])
}))

# Gains with ties, a zero and both signs: exact p over all sign patterns of the signed ranks and of the gains.
mixed <- c(3, -1, 4, 1, -5, 9, 2, 0, 5, 3, -2, 6)
moved <- mixed[mixed != 0]
ranks <- rank(abs(moved)) * sign(moved)

write_json(
  list(
    satisfaction = both(firms$satisfaction_before, firms$satisfaction_after),
    loyalty = both(firms$loyalty_before, firms$loyalty_after),
    slope = list(coef = unname(coef(fit)), ci = unname(confint(fit)), p = summary(fit)$coefficients[, 4],
                 leave_one_out = unname(without),
                 band = unname(predict(fit, data.frame(x = range(x)), interval = "confidence"))),
    mixed = list(gains = mixed, flips = exact(mixed), ranks = exact(ranks), t = unname(t.test(mixed)$statistic))
  ),
  "tests/reference/before_after/ten_firms.json", digits = 12, auto_unbox = TRUE, pretty = TRUE
)
