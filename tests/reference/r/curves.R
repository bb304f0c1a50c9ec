# Segmented line by search, held-out errors of lm on given folds, ceilings by hand: references of regression's curves.
# Rscript curves.R > ../curves.json
library(jsonlite)
set.seed(7)
n <- 240
x <- round(runif(n, 1, 5) * 5) / 5
y <- round((0.3 * x + 0.9 * pmax(0, x - 3.6) + rnorm(n, sd = 0.6)) * 10) / 10
places <- sort(unique(x))
q <- quantile(x, c(.1, .9))
places <- places[places >= q[1] & places <= q[2] & places > min(x) & places < max(x)]
dev <- sapply(places, function(k) deviance(lm(y ~ x + pmax(0, x - k))))
k <- places[which.min(dev)]
fit <- lm(y ~ x + pmax(0, x - k))
wilson <- prop.test(58, 103, correct = FALSE)$conf.int
# ceilings: corners of the step, areas
o <- order(x); xs <- sort(unique(x)); top <- sapply(xs, function(v) max(y[x == v])); run <- cummax(top)
step <- sum((max(y) - head(run, -1)) * diff(xs)) / (diff(range(x)) * diff(range(y)))
rise <- c(TRUE, diff(run) > 0)
line <- lm(run[rise] ~ xs[rise])
grid <- seq(min(x), max(x), length.out = 200001)
above <- pmax(0, pmin(max(y) - min(y), max(y) - (coef(line)[1] + coef(line)[2] * grid)))
area <- sum((head(above, -1) + tail(above, -1)) / 2 * diff(grid)) / (diff(range(x)) * diff(range(y)))
cat(toJSON(list(x = x, y = y, place = k, squares = min(dev), coefficients = unname(coef(fit)),
  r2 = summary(fit)$r.squared, wilson = as.numeric(wilson), step = step, line = unname(coef(line)), area = area),
  digits = 12, auto_unbox = TRUE))
