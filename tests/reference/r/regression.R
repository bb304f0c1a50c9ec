# Reference numbers for workbench.regression. Run in tests/reference: Rscript r/regression.R
# R 4.2.2 with sandwich, lmtest, car, plm, MASS, AER, lavaan, jsonlite.
suppressPackageStartupMessages({
  library(sandwich); library(lmtest); library(car); library(plm); library(MASS); library(AER)
  library(lavaan); library(jsonlite)
})
d <- read.csv("regression/firms.csv")
drivers <- c("system", "data_quality", "interface", "integration", "training")
d$industry <- factor(d$industry)
out <- list()
table_of <- function(m, v, df) { t <- coeftest(m, vcov. = v, df = df); unclass(t)[, 1:4] }

m <- lm(effectiveness ~ system + data_quality + interface + integration + training + industry, d)
out$names <- names(coef(m))
out$ols <- list(b = coef(m), r2 = summary(m)$r.squared, adj = summary(m)$adj.r.squared, sigma = sigma(m),
                f = unname(summary(m)$fstatistic), logl = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m))
out$se <- list(classical = sqrt(diag(vcov(m))))
for (k in c("HC0", "HC1", "HC2", "HC3", "HC4")) out$se[[k]] <- sqrt(diag(vcovHC(m, type = k)))
cl <- vcovCL(m, cluster = ~region)
out$se$cluster <- sqrt(diag(cl))
out$cluster_p <- table_of(m, cl, length(unique(d$region)) - 1)[, 4]
out$hc3_p <- table_of(m, vcovHC(m, type = "HC3"), df.residual(m))[, 4]
m1 <- lm(effectiveness ~ industry, d)
m2 <- update(m1, . ~ . + system + data_quality)
out$blocks <- list(r2 = c(summary(m1)$r.squared, summary(m2)$r.squared, summary(m)$r.squared),
                   f = anova(m1, m2, m)$F, p = anova(m1, m2, m)[["Pr(>F)"]],
                   f_own = c(NA, anova(m1, m2)$F[2], anova(m2, m)$F[2]),
                   wald = c(NA, waldtest(m1, m2, vcov = function(z) vcovHC(z, type = "HC3"))$F[2],
                            waldtest(m2, m, vcov = function(z) vcovHC(z, type = "HC3"))$F[2]))
std <- standardizedSolution(sem(paste("effectiveness ~", paste(drivers, collapse = "+")), d, estimator = "MLR",
                                fixed.x = FALSE))
std <- std[std$op == "~", ]
out$standardized <- list(est = std$est.std, se = std$se)

# Standardized slopes with every covariance, from stacked estimating equations with a numerical Jacobian: means and
# standard deviations (n in the divisor) of the columns and the outcome, and the normal equations. A residual takes
# the leverage factor of its regression, a deviation that of a mean (leverage 1/n).
stacked <- function(X, y, kind, cluster = NULL) {
  n <- length(y); p <- ncol(X); k <- p + 1; Z <- cbind(X, y)
  fit <- lm(y ~ X); h <- hatvalues(fit); sd_n <- function(v) sqrt(mean((v - mean(v))^2))
  at <- c(colMeans(Z), apply(Z, 2, sd_n), coef(fit))
  psi <- function(t, wr = 1, ws = 1) {
    m <- t[1:(p + 1)]; s <- t[(p + 2):(2 * p + 2)]; b <- t[-(1:(2 * p + 2))]; D <- sweep(Z, 2, m)
    cbind(ws * D, ws * sweep(D^2, 2, s^2), wr * cbind(1, X) * drop(y - cbind(1, X) %*% b))
  }
  gradient <- function(f, t) sapply(seq_along(t), function(j) {
    e <- replace(0 * t, j, 1e-5 * max(1, abs(t[j]))); (f(t + e) - f(t - e)) / (2 * e[j]) })
  one <- rep(1, n); g <- length(unique(cluster))
  w <- switch(kind, HC0 = list(one, one), HC1 = list(sqrt(n / (n - k)), sqrt(n / (n - 1))),
              HC2 = list((1 - h)^-0.5, (1 - 1 / n)^-0.5), HC3 = list((1 - h)^-1, (1 - 1 / n)^-1),
              HC4 = list((1 - h)^(-pmin(4, n * h / k) / 2), (1 - 1 / n)^-0.5),
              cluster = list(sqrt(g / (g - 1) * (n - 1) / (n - k)), sqrt(g / (g - 1))))
  rows <- psi(at, w[[1]], w[[2]])
  if (!is.null(cluster)) rows <- rowsum(rows, cluster)
  A <- gradient(function(t) colMeans(psi(t)), at)
  V <- solve(A) %*% crossprod(rows) %*% t(solve(A)) / n^2
  G <- gradient(function(t) t[-(1:(2 * p + 3))] * t[(p + 2):(2 * p + 1)] / t[2 * p + 2], at)
  sqrt(diag(G %*% V %*% t(G)))
}
few <- d[1:36, ]
X <- model.matrix(delete.response(terms(m)), few)[, -1]; y <- few$effectiveness
kinds <- c("HC0", "HC1", "HC2", "HC3", "HC4")
out$standardized_36 <- lapply(setNames(kinds, kinds), function(k) stacked(X, y, k))
out$standardized_36$cluster <- stacked(X, y, "cluster", few$region)
beta <- function(rows) coef(lm(y[rows] ~ X[rows, ]))[-1] * apply(X[rows, ], 2, sd) / sd(y[rows])
left <- sapply(seq_along(y), function(i) beta(-i))
out$standardized_36$jackknife <- sqrt(rowSums((left - beta(seq_along(y)))^2))


# collinearity: car's (generalised) VIF; Belsley's table from the scaled columns
out$vif <- as.data.frame(vif(m))
X <- model.matrix(m); Z <- sweep(X, 2, sqrt(colSums(X^2)), "/"); s <- svd(Z)
phi <- sweep(s$v^2, 2, s$d^2, "/")
out$condition <- list(index = max(s$d) / s$d, proportions = t(phi / rowSums(phi)))
out$influence <- data.frame(leverage = hatvalues(m), cook = cooks.distance(m), dffits = dffits(m), rstudent = rstudent(m))
sq <- do.call(cbind, lapply(drivers, function(a) d[[a]]^2))
pairs <- combn(ncol(X) - 1, 2); Xn <- X[, -1]
cross <- apply(pairs, 2, function(p) Xn[, p[1]] * Xn[, p[2]])
white <- cbind(Xn, sq, cross[, apply(cross, 2, var) > 0])
e <- resid(m); n <- length(e); sk <- mean((e - mean(e))^3) / mean((e - mean(e))^2)^1.5
ku <- mean((e - mean(e))^4) / mean((e - mean(e))^2)^2
one <- function(t) c(unname(t$statistic), unname(t$parameter)[1], unname(t$p.value))
aux <- lm(e^2 ~ white)
out$tests <- list(reset = c(unname(resettest(m)$statistic), resettest(m)$p.value), bp = one(bptest(m, studentize = FALSE)),
                  koenker = one(bptest(m)), white = c(n * summary(aux)$r.squared, aux$rank - 1),
                  jb = n / 6 * (sk^2 + (ku - 3)^2 / 4), shapiro = c(unname(shapiro.test(e)$statistic), shapiro.test(e)$p.value))

# general dominance: average over all orderings of the increase in R squared (independent of the subset formula)
perms <- function(v) if (length(v) == 1) list(v) else
  do.call(c, lapply(seq_along(v), function(i) lapply(perms(v[-i]), function(r) c(v[i], r))))
r2 <- function(s) if (length(s) == 0) 0 else summary(lm(reformulate(s, "effectiveness"), d))$r.squared
cache <- new.env()
r2c <- function(s) { k <- paste(c("r", sort(s)), collapse = " "); if (is.null(cache[[k]])) cache[[k]] <- r2(s); cache[[k]] }
gain <- setNames(numeric(5), drivers); all <- perms(drivers)
for (p in all) for (i in 1:5) gain[p[i]] <- gain[p[i]] + r2c(p[seq_len(i)]) - r2c(p[seq_len(i - 1)])
out$lmg <- gain / length(all)
R <- cor(d[, drivers]); ev <- eigen(R); L <- ev$vectors %*% diag(sqrt(ev$values)) %*% t(ev$vectors)
out$johnson <- setNames(as.numeric(L^2 %*% (solve(L, cor(d[, drivers], d$effectiveness)))^2), drivers)

# alpha + beta = 1; interaction
a <- lm(maintenance ~ automation + service, d)
h <- linearHypothesis(a, "automation + service = 1")
h3 <- linearHypothesis(a, "automation + service = 1", vcov. = vcovHC(a, type = "HC3"))
r <- lm(I(maintenance - service) ~ I(automation - service), d)
out$sum <- list(f = h$F[2], p = h[["Pr(>F)"]][2], f_hc3 = h3$F[2], alpha = unname(coef(r)[2]), intercept = unname(coef(r)[1]),
                se_alpha = summary(r)$coefficients[2, 2])
ac <- d$automation - mean(d$automation); sc <- d$service - mean(d$service)
i <- lm(maintenance ~ ac * sc, d)
at <- c(-1, 0, 1) * sd(sc); V <- vcovHC(i, type = "HC3")
out$slopes <- list(est = unname(coef(i)["ac"] + at * coef(i)["ac:sc"]),
                   se = sqrt(V["ac", "ac"] + 2 * at * V["ac", "ac:sc"] + at^2 * V["ac:sc", "ac:sc"]))

# counts and proportions
p <- glm(complaints ~ training + data_quality + offset(log(customers)), poisson, d)
nb <- glm.nb(complaints ~ training + data_quality + offset(log(customers)), d)
dt <- dispersiontest(p, trafo = 2)
dt1 <- dispersiontest(p)
out$poisson <- list(b = coef(p), se = sqrt(diag(vcov(p))), hc0 = sqrt(diag(sandwich(p))), deviance = deviance(p),
                    dispersion = c(unname(dt$statistic), unname(dt$estimate), dt$p.value),
                    pearson = sum(residuals(p, "pearson")^2) / df.residual(p))
out$nb <- list(b = coef(nb), se = sqrt(diag(vcov(nb))), theta = nb$theta, logl = as.numeric(logLik(nb)))
mu <- fitted(p)
out$poisson$ame <- coef(p)[-1] * mean(mu)
g <- c(mean(mu), sapply(2:3, function(j) mean(mu * model.matrix(p)[, j])))
out$poisson$ame_se <- sapply(2:3, function(j) { gr <- coef(p)[j] * g; gr[j] <- gr[j] + mean(mu); sqrt(drop(gr %*% sandwich(p) %*% gr)) })
b <- glm(cbind(retained, customers - retained) ~ effectiveness + training, quasibinomial, d)
fr <- glm(retained / customers ~ effectiveness + training, quasibinomial, d)
out$binomial <- list(b = coef(b), se = sqrt(diag(vcov(b))), phi = summary(b)$dispersion,
                     fractional_b = coef(fr), fractional_se = sqrt(diag(sandwich(fr))),
                     ame = coef(fr)[-1] * mean(fitted(fr) * (1 - fitted(fr))))

# panel
q <- read.csv("regression/panel.csv")
u <- q[-c(5, 17, 60, 61, 150, 222, 319), ]
for (k in c("pooling", "within", "twoways")) {
  fit <- plm(outcome ~ spend + treated, u, index = c("firm", "period"), model = if (k == "pooling") k else "within",
             effect = if (k == "twoways") "twoways" else "individual")
  out$panel[[k]] <- list(b = coef(fit), se = sqrt(diag(vcov(fit))), sss = sqrt(diag(vcovHC(fit, type = "sss"))),
                         hc0 = sqrt(diag(vcovHC(fit, type = "HC0"))), r2 = unname(summary(fit)$r.squared[1]))
}
tw <- lm(outcome ~ treated + factor(firm) + factor(period), q)
out$twfe <- unname(coef(tw)["treated"])
# group-time effects with not-yet-treated controls: each cell is a two-sample difference of long differences
w <- reshape(q[, c("firm", "period", "adopted", "outcome")], idvar = c("firm", "adopted"), timevar = "period", direction = "wide")
cells <- list()
for (g0 in c(3, 5, 6)) for (t in 2:8) {
  base <- if (t >= g0) g0 - 1 else t - 1
  keep <- w$adopted == g0 | w$adopted == 0 | w$adopted > max(t, base)
  keep[w$adopted != g0 & w$adopted != 0 & w$adopted <= max(t, base)] <- FALSE
  s <- w[keep, ]
  dy <- s[[paste0("outcome.", t)]] - s[[paste0("outcome.", base)]]
  f <- lm(dy ~ I(s$adopted == g0))
  cells[[length(cells) + 1]] <- c(g0, t, coef(f)[2], sqrt(vcovHC(f, type = "HC0")[2, 2]))
}
out$group_time <- do.call(rbind, cells)
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null"), "regression/r.json")
