# Reference numbers for missing and ordered answers: lavaan 0.6-14, semTools 0.5-6, R 4.2.
# Run in tests/reference: Rscript r/missing_ordered.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})

out <- list()
keep <- function(name, fit, model, data, ...) {
  estimates <- as.data.frame(parameterEstimates(fit, standardized = TRUE))
  out[[name]] <<- list(
    model = model, data = data, call = list(...),
    estimates = estimates[, intersect(c("lhs", "op", "rhs", "group", "est", "se", "std.lv", "std.all"), names(estimates))],
    measures = as.list(unclass(fitMeasures(fit))))
}

# --- data -----------------------------------------------------------------------------------------------------
set.seed(20261122)
n <- 600
f <- matrix(rnorm(n * 3), n) %*% chol(matrix(c(1, .5, .4, .5, 1, .3, .4, .3, 1), 3))
cutpoints <- list(c(-1.2, -.3, .5, 1.4), c(-.8, .2, 1), c(-.9, .3), c(-.4, .6), c(-1, 0, 1), c(-1.3, -.5, .4, 1.1),
                  c(-.6, .7), c(.1), c(-1.1, -.2, .8))
group <- sample(c("trade", "services"), n, TRUE, c(.45, .55))
items <- sapply(1:9, function(j) {
  y <- .75 * (f[, (j - 1) %/% 3 + 1] + .3 * (group == "trade")) + rnorm(n, sd = .66)
  as.integer(cut(y, c(-Inf, cutpoints[[j]], Inf)))
})
colnames(items) <- paste0("q", 1:9)
loyalty <- .5 * f[, 1] + .3 * f[, 2] + rnorm(n)
spend <- 20 + 8 * (.6 * f[, 3] + rnorm(n))
binary_items <- (items[, 1:6] > rep(c(2, 2, 1, 1, 2, 3), each = n)) + 0L
colnames(binary_items) <- paste0("yes", 1:6)
ordinal <- data.frame(group = group, items, binary_items, loyalty = round(loyalty, 6), spend = round(spend, 5))
write.csv(ordinal, "missing_ordered/ordered_items.csv", row.names = FALSE)

f1 <- rnorm(500); x <- .4 * f1 + rnorm(500); f2 <- .5 * f1 + .3 * x + rnorm(500)
holes <- data.frame(group = sample(c("trade", "services"), 500, TRUE), x = x, aux1 = .6 * f2 + rnorm(500),
                    aux2 = .5 * f1 + .3 * f2 + rnorm(500))
for (j in 1:3) holes[[paste0("a", j)]] <- 2 + (1.1 - .1 * j) * f1 + .3 * (rchisq(500, 3) - 3)
for (j in 1:3) holes[[paste0("b", j)]] <- 3 + (.9 + .1 * j) * f2 + rnorm(500, sd = .8)
for (v in c("a2", "b1", "b3")) holes[[v]][runif(500) < plogis(-1.3 + .6 * holes$aux1)] <- NA
for (v in c("a1", "a3", "b2")) holes[[v]][runif(500) < .12] <- NA
holes[3, c("a1", "a2", "a3", "b1", "b2", "b3")] <- NA
holes[] <- lapply(holes, function(v) if (is.numeric(v)) round(v, 6) else v)
write.csv(holes, "missing_ordered/answers_with_holes.csv", row.names = FALSE, na = "")
ordinal <- read.csv("missing_ordered/ordered_items.csv"); holes <- read.csv("missing_ordered/answers_with_holes.csv")

# --- ordered --------------------------------------------------------------------------------------------------
three <- "quality =~ q1 + q2 + q3\nvalue =~ q4 + q5 + q6\nimage =~ q7 + q8 + q9"
q <- paste0("q", 1:9)
keep("three_wlsmv", cfa(three, ordinal, ordered = q), three, "ordered_items", ordered = q, estimator = "WLSMV")
keep("three_std_lv_ulsmv", cfa(three, ordinal, ordered = q, estimator = "ULSMV", std.lv = TRUE), three, "ordered_items",
     ordered = q, estimator = "ULSMV", std_lv = TRUE)
keep("three_dwls", cfa(three, ordinal, ordered = q, estimator = "DWLS"), three, "ordered_items", ordered = q, estimator = "DWLS")
keep("three_wls", cfa(three, ordinal, ordered = q, estimator = "WLS"), three, "ordered_items", ordered = q, estimator = "WLS")
binary <- "quality =~ yes1 + yes2 + yes3\nvalue =~ yes4 + yes5 + yes6"
o <- paste0("yes", 1:6)
keep("binary", cfa(binary, ordinal, ordered = o), binary, "ordered_items", ordered = o, estimator = "WLSMV")
path <- "quality =~ q1 + q2 + q3\nvalue =~ q4 + q5 + q6\nloyal =~ loyalty + q7 + q9\nvalue ~ a*quality\nloyal ~ b*value + c*quality\nindirect := a*b"
o <- c("q1", "q2", "q3", "q4", "q5", "q6", "q7", "q9")
keep("path_mixed", sem(path, ordinal, ordered = o), path, "ordered_items", ordered = o, estimator = "WLSMV")
mixed <- "quality =~ q1 + q2 + q3\nimage =~ q7 + q8 + spend\nloyalty ~ quality + image"
o <- c("q1", "q2", "q3", "q7", "q8")
keep("mixed_outcome", sem(mixed, ordinal, ordered = o), mixed, "ordered_items", ordered = o, estimator = "WLSMV")
outcome <- "quality =~ q1 + q2 + q3\nvalue =~ q4 + q5 + q6\nq9 ~ quality\nvalue ~ q9 + quality"
o <- c("q1", "q2", "q3", "q4", "q5", "q6", "q9")
keep("ordered_mediator", sem(outcome, ordinal, ordered = o), outcome, "ordered_items", ordered = o, estimator = "WLSMV")
two <- "quality =~ q1 + q2 + q3\nvalue =~ q4 + q5 + q6"
o <- paste0("q", 1:6)
for (equal in list(character(0), "loadings", c("loadings", "thresholds"))) {
  name <- paste(c("groups", equal), collapse = "_")
  keep(name, cfa(two, ordinal, ordered = o, group = "group", group.equal = if (length(equal)) equal else ""), two, "ordered_items",
       ordered = o, estimator = "WLSMV", group = "group", group_equal = I(equal))
}
mixed_groups <- "quality =~ q1 + q2 + q3\nimage =~ spend + q7 + q9"
o <- c("q1", "q2", "q3", "q7", "q9")
keep("groups_mixed_equal", cfa(mixed_groups, ordinal, ordered = o, group = "group", group.equal = c("loadings", "intercepts")),
     mixed_groups, "ordered_items", ordered = o, estimator = "WLSMV", group = "group", group_equal = I(c("loadings", "intercepts")))

# --- missing --------------------------------------------------------------------------------------------------
ab <- "fa =~ a1 + a2 + a3\nfb =~ b1 + b2 + b3\nfb ~ fa"
keep("fiml", sem(ab, holes, missing = "fiml"), ab, "answers_with_holes", missing = "fiml", estimator = "ML")
keep("fiml_mlr", sem(ab, holes, missing = "fiml", estimator = "MLR"), ab, "answers_with_holes", missing = "fiml", estimator = "MLR")
for (estimator in c("ML", "MLR")) {
  keep(paste0("fiml_groups_", estimator), sem(ab, holes, missing = "fiml", estimator = estimator, group = "group",
                                              group.equal = c("loadings", "intercepts")),
       ab, "answers_with_holes", missing = "fiml", estimator = estimator, group = "group", group_equal = I(c("loadings", "intercepts")))
}
abx <- "fa =~ a1 + a2 + a3\nfb =~ b1 + b2 + b3\nfb ~ m*fa + x\nfa ~ k*x\nvia := k*m"
keep("fiml_fixed_x", sem(abx, holes, missing = "fiml"), abx, "answers_with_holes", missing = "fiml", estimator = "ML")
keep("fiml_fixed_x_mlr", sem(abx, holes, missing = "fiml", estimator = "MLR"), abx, "answers_with_holes", missing = "fiml", estimator = "MLR")
keep("fiml_random_x", sem(abx, holes, missing = "fiml", fixed.x = FALSE), abx, "answers_with_holes", missing = "fiml",
     estimator = "ML", fixed_x = FALSE)
aux <- sem.auxiliary(ab, holes, aux = c("aux1", "aux2"), missing = "fiml")
keep("fiml_auxiliary", aux, ab, "answers_with_holes", missing = "fiml", estimator = "ML", auxiliary = c("aux1", "aux2"))
expected <- sem(ab, holes, missing = "fiml", information = "expected")
keep("fiml_expected", expected, ab, "answers_with_holes", missing = "fiml", estimator = "ML", information = "expected")

write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", dataframe = "columns"), "missing_ordered/lavaan.json")

tests <- lapply(list(character(0), "loadings", c("loadings", "thresholds")), function(equal)
  cfa(two, ordinal, ordered = paste0("q", 1:6), group = "group", group.equal = if (length(equal)) equal else ""))
difference <- as.data.frame(do.call(lavTestLRT, tests))
write(toJSON(list(chisq_diff = difference[["Chisq diff"]][-1], df_diff = difference[["Df diff"]][-1],
                  pvalue_diff = difference[["Pr(>Chisq)"]][-1]), digits = NA), "missing_ordered/difference_tests.json")
