# Why regression scores depart from lavaan 0.6-14 where an observed variable is an outcome: its scores are not the
# best prediction that its own model gives. Prints the mean squared errors of both: 0.931 and 0.255.
suppressMessages(library(lavaan))
set.seed(1); n <- 20000
x <- rnorm(n); m <- .6 * x + rnorm(n); f <- .7 * m + rnorm(n)
d <- data.frame(x, m, u1 = f + rnorm(n), u2 = f + rnorm(n), u3 = f + rnorm(n))
fit <- sem("f =~ u1 + u2 + u3\nm ~ x\nf ~ m", d, meanstructure = TRUE)
S <- fitted(fit)$cov; items <- colnames(S)
best <- scale(as.matrix(d[, items]), scale = FALSE) %*% solve(S) %*% lavInspect(fit, "cov.all")[items, "f"]
cat("lavPredict", mean((lavPredict(fit)[, 1] - f)^2), "Cov(eta, y) S^-1", mean((best - f)^2), "\n")
