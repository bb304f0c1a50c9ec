# Models with missing answers under lavaan 0.6-14, for tests/sem/test_fiml.py: run as
# `Rscript r/fiml_models.R` in tests/reference. The data are those of sem_more_models.R and missing_ordered.R.
suppressMessages({library(lavaan); library(jsonlite)})
two <- "f1 =~ u1 + u2 + u3 + u4\nf2 =~ v1 + v2 + v3"
causes <- paste0(two, "\nf1 ~ x + z\nf2 ~ f1 + w")
paths <- "m ~ x + z\ny ~ m + x + w"
ab <- "fa =~ a1 + a2 + a3\nfb =~ b1 + b2 + b3\nfb ~ fa"
abx <- "fa =~ a1 + a2 + a3\nfb =~ b1 + b2 + b3\nfb ~ fa + x\nfa ~ x"
service <- "sem/simulated_service_holes.csv"; answers <- "missing_ordered/answers_with_holes.csv"
cases <- list(
  list("expected", two, service, list(information = "expected")),
  list("mlr_expected", two, service, list(information = "expected", estimator = "MLR")),
  list("first_order", two, service, list(information = "first.order")),
  list("cross_loading", paste0(two, "\nf2 =~ u4\nu2 ~~ u3\nu1 ~~ v1"), service, list(std.lv = TRUE)),
  list("random_mlr", paths, service, list(fixed.x = FALSE, estimator = "MLR")),
  list("fixed", paths, service, list()),
  list("causes_mlr", causes, service, list(estimator = "MLR")),
  list("causes_random", causes, service, list(fixed.x = FALSE)),
  list("causes_groups", causes, service, list(group = "region", group.equal = c("loadings", "regressions"))),
  list("causes_groups_random_mlr", causes, service,
       list(group = "region", group.equal = "loadings", fixed.x = FALSE, estimator = "MLR")),
  list("outcome", paste0(two, "\ny ~ f1\ny ~~ v1"), service, list()),
  list("single", paste0(two, "\nf3 =~ y\nf3 ~~ f1 + f2\nf2 ~ f1"), service, list()),
  list("groups_mlr", ab, answers, list(group = "group", group.equal = c("loadings", "intercepts"), estimator = "MLR")),
  list("causes_random_mlr", abx, answers, list(fixed.x = FALSE, estimator = "MLR")))
num <- function(v) unname(signif(as.numeric(v), 8))
tight <- list(rel.tol = 1e-13, eval.max = 20000, iter.max = 20000)
out <- list()
for (case in cases) {
  data <- read.csv(case[[3]])
  run <- function(control) suppressWarnings(do.call("sem", c(list(
    case[[2]], data, missing = "ml", control = control, em.h1.tol = 1e-9, em.h1.iter.max = 20000L), case[[4]])))
  fit <- run(tight)
  if (!lavInspect(fit, "converged")) fit <- run(list())
  stopifnot(lavInspect(fit, "converged"))
  pe <- suppressWarnings(parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)); pe <- pe[pe$op != "==", ]
  scores <- function(method) {
    if (!length(lavNames(fit, "lv")) || !is.null(case[[4]]$group)) return(NULL)
    unname(unclass(signif(lavPredict(fit, method = method)[1:40, , drop = FALSE], 7)))
  }
  out[[case[[1]]]] <- list(model = case[[2]], data = case[[3]], options = case[[4]],
    estimates = list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = if (is.null(pe$group)) rep(1, nrow(pe)) else pe$group,
      est = num(pe$est), se = num(pe$se), std.lv = num(pe$std.lv), std.all = num(pe$std.all)),
    measures = as.list(signif(suppressWarnings(unclass(fitMeasures(fit))), 9)),
    regression = scores("regression"), bartlett = scores("Bartlett"))
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), "missing_ordered/fiml_models.json")
cat(length(out), "cases\n")
