# Reference numbers for study 13. Run from the top: Rscript tests/reference/r/improvement.R
# R 4.2.2 with sandwich, mvtnorm, jsonlite. did, fixest and HonestDiD are not packaged in Debian: the two other
# estimators of staggered adoption are held against pyfixest 0.60 (numbers in the test).
suppressPackageStartupMessages({ library(sandwich); library(mvtnorm); library(jsonlite) })
panel <- read.csv("data/firm_panel.csv")

# Two arms: customers in firms, both arms in each firm.
long <- rbind(
  data.frame(firm = panel$firm, arm = 0, y = panel$script_a_bought, n = panel$script_a_shown),
  data.frame(firm = panel$firm, arm = 1, y = panel$script_b_bought, n = panel$script_b_shown))
long <- aggregate(cbind(y, n) ~ firm + arm, long, sum)
m <- lm(I(y / n) ~ arm, long, weights = n)
se <- sqrt(vcovCL(m, cluster = ~firm, type = "HC0", cadjust = TRUE)[2, 2])
g <- length(unique(long$firm))
clustered <- list(estimate = unname(coef(m)[2]), se = se, lower = unname(coef(m)[2]) - qt(.975, g - 1) * se,
                  p = 2 * pt(-abs(unname(coef(m)[2])) / se, g - 1))

last <- panel[panel$period == 8, ]
w <- t.test(satisfaction ~ treated, last)
k <- lm(satisfaction ~ treated, last)
kse <- sqrt(vcovCL(k, cluster = ~industry, type = "HC0", cadjust = TRUE)[2, 2])
welch <- list(estimate = unname(diff(w$estimate)), se = unname(w$stderr), df = unname(w$parameter),
              lower = -w$conf.int[2], upper = -w$conf.int[1], p = w$p.value, clustered_se = kse)

# Peeking: looks at equal distances, each at 1.96.
peeking <- sapply(c(2, 3, 5, 8), function(looks) {
  r <- outer(1:looks, 1:looks, function(i, j) sqrt(pmin(i, j) / pmax(i, j)))
  z <- qnorm(.975)
  set.seed(1)
  1 - pmvnorm(rep(-z, looks), rep(z, looks), corr = r, algorithm = GenzBretz(maxpts = 5e6, abseps = 1e-7))[1]
})

# An interrupted series: short with the usual errors, long with those of Newey and West.
its <- function(y, start, lag = NULL) {
  t <- seq_along(y) - start
  after <- as.numeric(t >= 0)
  m <- lm(y ~ t + after + I(t * after))
  v <- if (is.null(lag)) vcov(m) else NeweyWest(m, lag = lag, prewhite = FALSE, adjust = TRUE)
  d <- c(0, 0, 1, t[length(t)])
  s <- sqrt(diag(v))
  list(b = unname(coef(m)), se = unname(s), last = sum(d * coef(m)), last_se = sqrt(drop(d %*% v %*% d)),
       half = qt(.975, df.residual(m)) * unname(s))
}
middle <- aggregate(satisfaction ~ period, panel[panel$adopted_in %in% 5, ], mean)$satisfaction
months <- 1:48
long_y <- 20 + .1 * months + 3 * (months >= 25) + .2 * pmax(months - 25, 0) + 2 * sin(months * 1.7)
series <- list(short = its(middle, 5), long = its(long_y, 25, floor(4 * (48 / 100)^(2 / 9))))

# Forecasts by rolling origin of the first forty firms.
few <- panel[panel$firm <= 40, ]
y <- t(sapply(split(few, few$firm), function(d) d$satisfaction[order(d$period)]))
means <- t(apply(y, 1, function(v) cumsum(v) / seq_along(v)))
errors <- NULL
for (t in 3:7) {
  past <- data.frame(y = c(y[, 2:t]), last = c(y[, 1:(t - 1)]), mean = c(means[, 1:(t - 1)]))
  m <- lm(y ~ last + mean, past)
  f <- predict(m, data.frame(last = y[, t], mean = means[, t]))
  e <- y[, t + 1] - f
  q <- quantile(resid(m), c(.025, .975), type = 7)
  n <- quantile(past$y - past$last, c(.025, .975), type = 7)
  errors <- rbind(errors, data.frame(firm = 1:40, forecast = abs(e), naive = abs(y[, t + 1] - y[, t]),
    inside = e >= q[1] & e <= q[2], naive_inside = y[, t + 1] - y[, t] >= n[1] & y[, t + 1] - y[, t] <= n[2]))
}
gap <- tapply(errors$forecast - errors$naive, errors$firm, mean)
forecasts <- list(mae = mean(errors$forecast), naive = mean(errors$naive), coverage = mean(errors$inside),
                  naive_coverage = mean(errors$naive_inside), difference = mean(gap), se = sd(gap) / sqrt(40),
                  weights = unname(coef(m)))

write_json(list(clustered = clustered, welch = welch, peeking = peeking, series = series, forecasts = forecasts),
           "tests/reference/improvement.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
