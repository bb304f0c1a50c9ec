# Latent classes without EM: the likelihood of two classes, climbed by BFGS from eight starts in base R; and the
# adjusted Rand index by mclust. Run from tests/reference: Rscript r/latent_classes.R   (mclust 6.0.0, R 4.2.2)
suppressMessages(library(mclust))
items <- c("price_1", "price_2", "service_1", "service_2")
y <- as.matrix(read.csv("../../data/customer_base.csv")[1:600, items])
k <- 2; m <- 5; j <- length(items)
unpack <- function(p) {
  s <- c(0, p[1]); s <- exp(s - max(s)); s <- s / sum(s)
  a <- array(c(rep(0, k * j), p[-1]), c(k, j, m))
  a <- exp(a - apply(a, c(1, 2), max) %o% rep(1, m))
  list(share = s, answer = a / (apply(a, c(1, 2), sum) %o% rep(1, m)))
}
joint <- function(p) {
  u <- unpack(p)
  sapply(1:k, function(c) { l <- rep(log(u$share[c]), nrow(y)); for (i in 1:j) l <- l + log(u$answer[c, i, y[, i]]); l })
}
minus <- function(p) { l <- joint(p); t <- apply(l, 1, max); -sum(t + log(rowSums(exp(l - t)))) }
best <- NULL
for (start in 1:8) {
  set.seed(start)
  one <- optim(rnorm(1 + k * j * (m - 1)), minus, method = "BFGS", control = list(maxit = 1000, reltol = 1e-12))
  if (is.null(best) || one$value < best$value) best <- one
}
u <- unpack(best$par)
first <- order(-u$share)
l <- joint(best$par)[, first]
put <- max.col(l, ties.method = "first")
tier <- as.integer(y[, 1] > 3)
out <- function(x) paste0("[", paste(sprintf("%.8f", x), collapse = ", "), "]")
cat(sprintf('{"loglik": %.6f,\n "shares": %s,\n "price_1_first": %s,\n "service_2_second": %s,\n "rand": %.8f}\n',
  -best$value, out(u$share[first]), out(u$answer[first[1], 1, ]), out(u$answer[first[2], 4, ]),
  adjustedRandIndex(put, tier)), file = "latent_classes.json")
