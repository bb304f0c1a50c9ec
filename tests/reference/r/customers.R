# Kaplan-Meier, log-rank, Cox with ties after Breslow, the check by scaled Schoenfeld residuals against ranks of
# time with a constant covariance, and the hazard by period, of the survival package's data on lung cancer.
# Rscript tests/reference/r/customers.R > tests/reference/customers.json
suppressMessages({library(survival); library(jsonlite)})
d <- na.omit(lung[, c("time", "status", "age", "sex", "ph.ecog")])
d$left <- as.numeric(d$status == 2)
km <- summary(survfit(Surv(time, left) ~ 1, d, conf.type = "log-log"))
lr <- survdiff(Surv(time, left) ~ sex, d)
m <- coxph(Surv(time, left) ~ age + sex + ph.ecog, d, ties = "breslow")
raw <- residuals(m, "schoenfeld")
at <- as.numeric(rownames(raw))
if (any(is.na(at))) at <- sort(d$time[d$left == 1])
scaled <- nrow(raw) * raw %*% vcov(m)
g <- rank(at); g <- g - mean(g)
score <- drop(g %*% scaled)
each <- score^2 / (nrow(raw) * diag(vcov(m)) * sum(g^2))
u <- drop(g %*% raw)
all <- nrow(raw) * drop(u %*% vcov(m) %*% u) / sum(g^2)
long <- survSplit(Surv(time, left) ~ ., d, cut = seq(100, 900, 100), episode = "period")
h <- glm(left ~ age + sex + ph.ecog, binomial("cloglog"), long)
cat(toJSON(list(
  data = d[, c("time", "left", "age", "sex", "ph.ecog")],
  km = data.frame(time = km$time, share = km$surv, ci_lower = km$lower, ci_upper = km$upper),
  log_rank = lr$chisq,
  cox = data.frame(term = names(coef(m)), estimate = coef(m), se = sqrt(diag(vcov(m)))),
  check = c(each, all),
  long = long[, c("left", "age", "sex", "ph.ecog")],
  hazard = data.frame(term = names(coef(h)), estimate = coef(h), se = sqrt(diag(vcov(h))))
), digits = 12, dataframe = "columns"))
