# Score tests of equality constraints under lavaan 0.6-14, for tests/sem/test_release.py: run as
# `Rscript r/sem_score_tests.R` in tests/reference.
suppressMessages({library(lavaan); library(jsonlite)})
read <- function(name) read.csv(paste0(name, ".csv"))
frames <- list(hs = read("sem/hs"), pd = read("sem/political_democracy"), service = read("sem/simulated_service"),
  hs_holes = read("missing_ordered/hs_missing20"), items = read("missing_ordered/ordered_items"))
six <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
democracy <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + a*y6 + b*y7 + c*y8\ndem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8"
causes <- "f1 =~ u1 + u2 + u3 + u4\nf2 =~ v1 + v2 + v3\nf1 ~ x + z\nf2 ~ f1 + w"
cases <- list(
  metric = list(six, "hs", list(group = "school", group.equal = "loadings"), NULL),
  metric_two = list(six, "hs", list(group = "school", group.equal = "loadings"), c(1, 3)),
  scalar = list(six, "hs", list(group = "school", group.equal = c("loadings", "intercepts")), NULL),
  partial = list(six, "hs", list(group = "school", group.equal = c("loadings", "intercepts"), group.partial = c("visual =~ x2", "x3 ~1")), NULL),
  strict_std_lv = list(six, "hs", list(group = "school", std.lv = TRUE, group.equal = c("loadings", "residuals")), NULL),
  observed = list(six, "hs", list(group = "school", group.equal = "loadings", information = "observed"), 2),
  mlr = list(six, "hs", list(group = "school", group.equal = "loadings", estimator = "MLR"), NULL),
  mlm = list(six, "hs", list(group = "school", group.equal = c("loadings", "intercepts"), estimator = "MLM"), c(2, 6)),
  three_groups = list(causes, "service", list(group = "region", group.equal = c("loadings", "regressions")), NULL),
  dwls = list("f1 =~ u1 + u2 + u3 + u4", "service", list(group = "region", group.equal = "loadings", estimator = "DWLS"), NULL),
  gls = list(six, "hs", list(group = "sex", group.equal = "loadings", estimator = "GLS"), c(1, 2)),
  fiml = list(six, "hs_holes", list(group = "school", group.equal = c("loadings", "intercepts"), missing = "ml"), NULL),
  ordered = list("f =~ q1 + q2 + q3 + q4", "items", list(group = "group", group.equal = c("loadings", "thresholds"), ordered = paste0("q", 1:4)), NULL),
  labels = list(democracy, "pd", list(), NULL), labels_one = list(democracy, "pd", list(), 2),
  parallel = list("visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + c*x6\na == b\nx1 ~~ e*x1\nx2 ~~ e*x2\nx3 ~~ e*x3", "hs", list(), NULL),
  linear = list("f1 =~ NA*u2 + a*u2 + b*u3 + c*u4\na + b + c == 3\nf1 =~ v1\nv1 ~~ u2", "service", list(), NULL),
  nonlinear = list("visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na == b^2\nc + d == 2", "hs", list(), NULL))
num <- function(v) unname(signif(as.numeric(v), 8))
out <- list()
for (name in names(cases)) {
  case <- cases[[name]]
  arguments <- c(list(case[[1]], frames[[case[[2]]]]), case[[3]])
  if (!is.null(case[[3]]$missing)) arguments <- c(arguments, em.h1.tol = 1e-12, em.h1.iter.max = 5000)
  run <- function(control) suppressWarnings(do.call("sem", c(arguments, list(control = control))))
  fit <- run(list(rel.tol = 1e-13, eval.max = 20000, iter.max = 20000))
  if (!lavInspect(fit, "converged")) fit <- run(list())
  stopifnot(lavInspect(fit, "converged"))
  found <- suppressWarnings(lavTestScore(fit, release = case[[4]], epc = TRUE, cumulative = TRUE))
  changes <- found$epc[found$epc$free > 0, ]
  out[[name]] <- list(model = case[[1]], data = case[[2]], options = case[[3]], release = if (is.null(case[[4]])) NULL else I(case[[4]]),
    total = num(found$test[c("X2", "df", "p.value")]), lhs = I(found$uni$lhs), rhs = I(found$uni$rhs), univariate = I(num(found$uni$X2)),
    cumulative = I(num(found$cumulative$X2)),
    changes = list(lhs = changes$lhs, op = changes$op, rhs = changes$rhs, group = if (is.null(changes$group)) rep(1, nrow(changes)) else changes$group,
      epc = num(changes$epc), epv = num(changes$epv), sepc.lv = num(changes$sepc.lv), sepc.all = num(changes$sepc.all), sepc.nox = num(changes$sepc.nox)))
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "sem/score_tests.json")
cat(length(out), "cases\n")
