# BCa limits computed slowly and apart: lavaan's refits of given resamples and of the data without each row, the
# acceleration from the jackknife's influence (Efron 1987; several groups: Davison & Hinkley 1997, eq. 5.27).
# Run from tests/reference: Rscript r/bca_intervals.R   (lavaan 0.6-14, boot 1.3-28, R 4.2.2)
suppressMessages({library(lavaan); library(boot); library(jsonlite)})
set.seed(41)
hs <- read.csv("sem/hs.csv")

values <- function(model, data, ...) {
  fit <- suppressWarnings(sem(model, data, se = "none", ...))
  raw <- parameterEstimates(fit, se = FALSE, remove.nonfree = FALSE)
  free <- parTable(fit)$free > 0 | parTable(fit)$op == ":="
  std <- standardizedSolution(fit, se = FALSE)
  # parameterEstimates drops rows of constraints only, which come last
  key <- with(raw, paste(lhs, op, rhs, if (is.null(raw$group)) 1 else raw$group))[free[seq_len(nrow(raw))]]
  r2 <- unlist(lavInspect(fit, "rsquare"))
  if (!lavInspect(fit, "converged")) { raw$est <- NA; std$est.std <- NA; r2[] <- NA }
  kept <- free[seq_len(nrow(raw))]
  list(key = key, number = sum(kept), all = c(raw$est[kept], std$est.std[kept], r2), r2 = names(r2))
}

bca <- function(model, data, draws, level, group = NULL, ...) {
  rows <- if (is.null(group)) list(seq_len(nrow(data))) else
    split(seq_len(nrow(data)), factor(data[[group]], unique(data[[group]])))
  data <- data[unlist(rows), ]
  ends <- cumsum(lengths(rows)); begins <- ends - lengths(rows) + 1
  index <- t(replicate(draws, unlist(Map(function(b, e) sample(b:e, replace = TRUE), begins, ends))))
  # labels keep the order of the full data's groups
  run <- function(part) values(model, part, group = group, ...)
  full <- run(data)
  drawn <- t(apply(index, 1, function(k) run(data[k, ])$all))
  left <- t(sapply(seq_len(nrow(data)), function(k) run(data[-k, ])$all))
  second <- third <- 0
  for (g in seq_along(rows)) {
    part <- left[begins[g]:ends[g], , drop = FALSE]; n <- nrow(part)
    influence <- (n - 1) * sweep(-part, 2, colMeans(part, na.rm = TRUE), "+")
    second <- second + colSums(influence^2, na.rm = TRUE) / n^2
    third <- third + colSums(influence^3, na.rm = TRUE) / n^3
  }
  a <- third / (6 * second^1.5)
  limits <- t(sapply(seq_along(full$all), function(k) {
    t <- drawn[is.finite(drawn[, k]), k]
    if (!length(t) || diff(range(t)) < 1e-8) return(c(NA, NA))  # a standardized value that is one by definition
    w <- qnorm(mean(t < full$all[k]))
    z <- w + qnorm(c(1 - level, 1 + level) / 2)
    boot:::norm.inter(t, pnorm(w + z / (1 - a[k] * z)))[, 2]
  }))
  list(model = model, index = index - 1L, level = level, key = full$key, r2 = full$r2, estimate = full$all, acceleration = a,
    limits = limits, lost = colSums(is.na(drawn)), lost_left = colSums(is.na(left)))
}

groups <- hs[c(1:50, 200:239), c("x4", "x5", "x6", "x1", "school")]
holes <- hs[1:60, c("x4", "x5", "x6", "x1")]
holes[seq(1, 60, 6), "x5"] <- NA; holes[seq(2, 60, 9), "x1"] <- NA; holes[7, 1:3] <- NA
cut3 <- function(x) as.integer(cut(x, quantile(x, c(0, .3, .7, 1)), include.lowest = TRUE))
answers <- as.data.frame(lapply(hs[1:80, c("x4", "x5", "x6", "x1")], cut3))
write.csv(groups, "resampling/bca_groups.csv", row.names = FALSE, na = "", quote = FALSE)
write.csv(holes, "resampling/bca_holes.csv", row.names = FALSE, na = "", quote = FALSE)
write.csv(answers, "resampling/bca_ordered.csv", row.names = FALSE, quote = FALSE)
one <- "f =~ x4 + l2*x5 + l3*x6 + x1
both := l2*l3"
out <- list(
  groups = bca("f =~ x4 + c(a,a)*x5 + c(b,d)*x6 + x1\nratio := a/b", groups, 99, 0.8, group = "school", meanstructure = TRUE),
  holes = bca(one, holes, 99, 0.8, missing = "fiml"),
  ordered = bca(one, answers, 99, 0.8, ordered = names(answers), estimator = "WLSMV"))
print(sapply(out, function(o) c(max(o$lost), max(o$lost_left))))
write(toJSON(out, digits = 9, auto_unbox = TRUE, na = "null"), "resampling/bca_intervals.json")
