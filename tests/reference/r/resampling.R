# Bootstrap references: refits on fixed resamples by lavaan, intervals on fixed resamples by boot.
# Run from tests/reference: Rscript r/resampling.R   (lavaan 0.6-14, boot 1.3-28, R 4.2.2)
suppressMessages({library(lavaan); library(boot); library(jsonlite)})
set.seed(20261122)

refits <- function(model, data, draws, group = NULL, ...) {
  rows <- if (is.null(group)) list(seq_len(nrow(data))) else split(seq_len(nrow(data)), factor(data[[group]], unique(data[[group]])))
  data <- data[unlist(rows), ]
  ends <- cumsum(lengths(rows)); begins <- ends - lengths(rows) + 1
  index <- t(replicate(draws, unlist(Map(function(b, e) sample(b:e, replace = TRUE), begins, ends))))
  fits <- lapply(seq_len(draws), function(k) suppressWarnings(sem(model, data[index[k, ], ], group = group,
    se = "none", ...)))
  full <- sem(model, data, group = group, ...)
  list(names = names(coef(full)), index = index - 1L, coef = t(sapply(fits, function(f) as.numeric(coef(f)))),
    chisq = sapply(fits, function(f) if (lavInspect(f, "converged")) as.numeric(fitMeasures(f, "chisq")) else NA),
    converged = sapply(fits, lavInspect, "converged"))
}

democracy <- read.csv("sem/political_democracy.csv")
hs <- read.csv("sem/hs.csv")
mediation <- read.csv("sem/mediation.csv")
pd <- "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8"
three <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
paths <- "M ~ a*X
Y ~ b*M + c*X
ind := a*b"

small <- mediation[1:40, ]
statistic <- function(data, rows) {
  d <- data[rows, ]; a <- coef(lm(M ~ X, d))[["X"]]; b <- coef(lm(Y ~ M + X, d))[["M"]]
  c(a = a, b = b, ind = a * b)
}
drawn <- boot(small, statistic, R = 399)
interval <- function(type) t(sapply(1:3, function(k) {
  L <- empinf(drawn, index = k, type = "jack")  # about the sample's value; Efron's acceleration is about the mean
  ci <- boot.ci(drawn, type = type, index = k, L = L - mean(L))
  tail(as.numeric(ci[[c(perc = "percent", basic = "basic", bca = "bca")[[type]]]]), 2)
}))
out <- list(
  political_democracy = c(list(model = pd), refits(pd, democracy, 40)),
  groups = c(list(model = three), refits(three, hs, 6, group = "school", group.equal = c("loadings", "intercepts"))),
  fixed_x = c(list(model = "x1 ~ ageyr + grade\nx2 ~ x1 + ageyr"), refits("x1 ~ ageyr + grade\nx2 ~ x1 + ageyr", na.omit(hs), 20)),
  boot = list(model = paths, rows = 40, index = boot.array(drawn, indices = TRUE) - 1L, t0 = drawn$t0, t = drawn$t,
    percentile = interval("perc"), basic = interval("basic"), bca = interval("bca"))
)
write(toJSON(out, digits = 12, auto_unbox = TRUE, na = "null"), "resampling/bootstrap.json")
