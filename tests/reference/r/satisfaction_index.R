# Study 10 by R on the shipped customer survey: reliability of gap and ratio, weighted kappa, R² on left-out people
# is not compared (its folds are random), HC3 slopes, relative weights, loadings, NPS, Wilson, sample sizes.
# Run from tests/reference: Rscript r/satisfaction_index.R
# Debian's r-cran-psych, r-cran-sandwich, r-cran-jsonlite.
suppressMessages({library(psych); library(sandwich); library(jsonlite)})
d <- read.csv("../../data/customer_survey.csv")
d[d == -99] <- NA
d <- d[is.na(d$attention_check) | d$attention_check == 2, ]
d$sat3 <- 6 - d$sat3
stems <- c(tan = 4, rel = 5, res = 4, ass = 4, emp = 5)
experience <- unlist(lapply(names(stems), function(s) paste0(s, seq_len(stems[[s]]))))
b <- d[experience]; a <- d[paste0(experience, "_expected")]
hole <- is.na(b) | is.na(a)
b[hole] <- NA; a[hole] <- NA
score <- function(x) rowMeans(x, na.rm = TRUE)
rel <- function(x) suppressWarnings(suppressMessages(alpha(x, warnings = FALSE)$total$raw_alpha))

own <- function(stem) {
  cols <- paste0(stem, seq_len(stems[[stem]]))
  x <- score(b[cols]); y <- score(a[paste0(cols, "_expected")])
  rb <- rel(b[cols]); ra <- rel(a[paste0(cols, "_expected")])
  ok <- !is.na(x) & !is.na(y)
  r <- cor(x[ok], y[ok]); sx <- sd(x, na.rm = TRUE); sy <- sd(y, na.rm = TRUE)
  gap <- (sx^2 * rb + sy^2 * ra - 2 * r * sx * sy) / (sx^2 + sy^2 - 2 * r * sx * sy)
  ratio <- x / y
  noise <- ratio^2 * (sx^2 * (1 - rb) / x^2 + sy^2 * (1 - ra) / y^2)
  c(experience = rb, expected = ra, r = r, gap = gap,
    ratio = 1 - mean(noise, na.rm = TRUE) / var(ratio, na.rm = TRUE))
}

enough <- rowMeans(!is.na(b)) >= 0.5
B <- ifelse(enough, score(b), NA); A <- ifelse(enough, score(a), NA)
gap <- B - A
state <- ifelse(abs(gap) < 0.5, 0, sign(gap)) + 1
place <- (d$sat1 - 1) / 4
rated <- (place >= 0.5) + (place > 0.8)
both <- complete.cases(state, rated)
crossed <- table(factor(state[both], 0:2), factor(rated[both], 0:2))
w <- 1 - abs(outer(0:2, 0:2, "-")) / 2
kappa <- cohen.kappa(crossed, w = w, n.obs = sum(both))
# The error by Fleiss, Cohen and Everitt's formula (8): psych 2.2.9 takes rowSums(w * rs) for the mean weights of the
# columns, where colSums(w * rs) is meant, and gives .0190 here; 4,000 resamples give .0170.
p <- crossed / sum(crossed); rs <- rowSums(p); cs <- colSums(p)
po <- sum(w * p); pc <- sum(w * outer(rs, cs))
mean_weight <- outer(as.vector(w %*% cs), as.vector(t(w) %*% rs), "+")
kappa_se <- sqrt((sum(p * (w * (1 - pc) - mean_weight * (1 - po))^2) - (po * pc - 2 * pc + po)^2) /
                   (sum(both) * (1 - pc)^4))

standard <- function(y, x) {
  rows <- complete.cases(y, x)
  fit <- lm(y[rows] ~ as.matrix(x[rows, ]))
  data.frame(slope = coef(fit)[-1], se = sqrt(diag(vcovHC(fit, "HC3")))[-1])
}
sat <- score(d[paste0("sat", 1:5)])
dims <- sapply(names(stems), function(s) score(d[paste0(s, seq_len(stems[[s]]))]))
dims <- as.data.frame(dims)
rows <- complete.cases(dims, sat)
x <- dims[rows, ]; y <- sat[rows]
cuts <- function(v) {
  u <- sort(unique(v)); k <- length(u)
  below <- sapply(u, function(c) mean(v <= c)); above <- sapply(u, function(c) mean(v >= c))
  i <- which.min(abs(below[1:(k - 2)] - 1/3))
  j <- i + 1 + which.min(abs(above[(i + 2):k] - 1/3))
  c(u[i], u[j])
}
low <- sapply(x, function(v) as.numeric(v <= cuts(v)[1]))
high <- sapply(x, function(v) as.numeric(v >= cuts(v)[2]))
steps <- standard(y, data.frame(low, high))
hinge <- sapply(x, function(v) pmax(v - median(v), 0))
bends <- standard(y, data.frame(x, hinge))

e <- eigen(cor(x))
root <- e$vectors %*% diag(sqrt(e$values)) %*% t(e$vectors)
weights <- (root^2) %*% (solve(root) %*% cor(x, y))^2

s <- d[complete.cases(d[paste0("sat", 1:5)]), paste0("sat", 1:5)]
loading <- factanal(s, 1)$loadings[, 1] / sapply(s, sd)
acsi <- 100 * sum(loading * (colMeans(s) - 1)) / sum(loading * 4)

n <- sum(!is.na(d$nps)); p <- mean(d$nps >= 9, na.rm = TRUE); q <- mean(d$nps <= 6, na.rm = TRUE)
sigma <- 100 * sqrt(p + q - (p - q)^2)
top <- prop.test(sum(d$sat1 >= 4, na.rm = TRUE), sum(!is.na(d$sat1)), correct = FALSE)
change <- function(n) power.t.test(n, sd = sigma, power = 0.8)$delta

out <- list(
  reliability = sapply(names(stems), own),
  kappa = list(weighted = kappa$weighted.kappa, se = kappa_se, n = sum(both)),
  normal_scores = qnorm((rank(c(3, 1, 2, 2, 5)) - 0.5) / 5),
  steps = steps, bends = bends, relative_weights = as.vector(weights), attributes = names(x),
  acsi = list(score = acsi, weights = unname(loading / sum(loading)), n = nrow(s)),
  nps = list(score = 100 * (p - q), se = sigma / sqrt(n), n = n, change_5000 = change(5000)),
  top = list(share = unname(top$estimate), lower = top$conf.int[1], upper = top$conf.int[2])
)
write_json(out, "studies/satisfaction_index.json", digits = 12, auto_unbox = TRUE, matrix = "columnmajor", pretty = TRUE)
