# Further models on simulated answers under lavaan 0.6-14, for tests/sem/test_more_models.py: run as
# `Rscript r/sem_more_models.R` in tests/reference. The data are simulated here; they stand for nobody.
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(2026)
n <- 270
region <- sample(rep(c("north", "south", "east"), c(100, 90, 80)))
x <- rnorm(n); z <- rbinom(n, 1, .4); w <- .4 * x + 1.3 * rnorm(n) + 5
f1 <- .5 * x + .3 * z + rgamma(n, 2) - 2; f2 <- .6 * f1 + .2 * w + rnorm(n)
item <- function(f, l, at) round(l * f + (.6 + .1 * at) * rnorm(n) + 3 * at, 2)
d <- data.frame(u1 = item(f1, -.5, 4), u2 = item(f1, 1, 1), u3 = item(f1, 1.2, 2), u4 = item(f1, .6, 3),
  v1 = item(f2, 1, 1), v2 = item(f2, 1.1, 2), v3 = item(f2, .7, 3), y = round(.5 * f2 + .3 * x + rnorm(n), 2),
  m = round(.4 * x + .3 * f1 + rnorm(n), 2), x = round(x, 2), z = z, w = round(w, 2), region = region)
holes <- d
for (name in c("u2", "v2", "y", "x")) holes[sample(n, 35), name] <- NA
write.csv(d, "sem/simulated_service.csv", row.names = FALSE, quote = FALSE)
write.csv(holes, "sem/simulated_service_holes.csv", row.names = FALSE, quote = FALSE, na = "")
two <- "f1 =~ u1 + u2 + u3 + u4\nf2 =~ v1 + v2 + v3"
causes <- paste0(two, "\nf1 ~ x + z\nf2 ~ f1 + w")
loop <- "f1 =~ u2 + u3 + u4\nf2 =~ v1 + v2 + v3\nf1 ~ f2 + x\nf2 ~ f1 + w"
effects <- "f1 =~ NA*u2 + a*u2 + b*u3 + c*u4\na + b + c == 3\nu2 ~ i*1\nu3 ~ j*1\nu4 ~ k*1\ni + j + k == 0\nf1 ~ 1"
cases <- list(
  list("first_item_reversed", two, d, list(std.lv = TRUE, estimator = "MLM")),
  list("bifactor", "g =~ u1 + u2 + u3 + u4 + v1 + v2 + v3\nf2 =~ v1 + v2 + v3", d, list(std.lv = TRUE, orthogonal = TRUE)),
  list("feedback", loop, d, list()),
  list("feedback_mlr", paste0(loop, "\nf1 ~~ f2"), d, list(estimator = "MLR")),
  list("feedback_observed", "y ~ m + x\nm ~ y + z\ny ~~ 0*m", d, list()),
  list("causes", causes, d, list()),
  list("causes_groups", causes, d, list(group = "region", group.equal = c("loadings", "regressions"), estimator = "MLR")),
  list("causes_mlmv", paste0(causes, "\ny ~ f2 + x"), d, list(estimator = "MLMV")),
  list("effects_coding", effects, d, list()),
  list("one_label_across", paste0(two, "\nf2 ~ p*f1 + q*x\ny ~ p*f2 + q*x"), d, list()),
  list("parallel", "f1 =~ 1*u2 + 1*u3 + 1*u4\nu2 ~~ e*u2\nu3 ~~ e*u3\nu4 ~~ e*u4", d, list()),
  list("saturated_mlr", "f1 =~ u2 + u3 + u4", d, list(estimator = "MLR")),
  list("holes_random_x", "m ~ x + z\ny ~ m + x + w", holes, list(missing = "ml", fixed.x = FALSE)))
num <- function(v) unname(signif(as.numeric(v), 10))
tight <- list(rel.tol = 1e-13, eval.max = 20000, iter.max = 20000)
out <- list()
for (case in cases) {
  run <- function(control) suppressWarnings(do.call("sem", c(case[[2]], list(case[[3]], control = control), case[[4]])))
  fit <- run(tight)
  if (!lavInspect(fit, "converged")) fit <- run(list())
  stopifnot(lavInspect(fit, "converged"))
  pe <- suppressWarnings(parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)); pe <- pe[pe$op != "==", ]
  scores <- NULL
  if (case[[1]] %in% c("causes", "first_item_reversed")) scores <- unname(unclass(lavPredict(fit))[1:5, ])
  out[[case[[1]]]] <- list(model = case[[2]], data = if (identical(case[[3]], d)) "simulated_service" else "simulated_service_holes", options = case[[4]],
    estimates = list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = if (is.null(pe$group)) rep(1, nrow(pe)) else pe$group,
      est = num(pe$est), se = num(pe$se), std.lv = num(pe$std.lv), std.all = num(pe$std.all)),
    measures = as.list(signif(suppressWarnings(fitMeasures(fit)), 10)), scores = scores)
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), "sem/more_models.json")
cat(length(out), "cases\n")
