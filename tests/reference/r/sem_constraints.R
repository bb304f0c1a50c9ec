# Nonlinear equalities and inequalities under lavaan 0.6-14, for tests/sem/test_constraints.py: run as
# `Rscript r/sem_constraints.R` in tests/reference. Data: sem/political_democracy.csv, sem/simulated_service*.csv
# (simulated, they stand for nobody); the ordered items are u1-u3 and v1-v3 of the latter cut at quantiles.
suppressMessages({library(lavaan); library(jsonlite)})
pd <- read.csv("sem/political_democracy.csv")
d <- read.csv("sem/simulated_service.csv"); holes <- read.csv("sem/simulated_service_holes.csv")
cut4 <- d
for (name in c("u1", "u2", "u3", "v1", "v2", "v3"))
  cut4[[name]] <- as.integer(findInterval(d[[name]], quantile(d[[name]], c(.2, .5, .8), type = 1))) + 1L
democracy <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
paths <- paste0(democracy, "dem60 ~ a*ind60\ndem65 ~ b*ind60 + c*dem60\n")
two <- "f1 =~ u2 + l3*u3 + u4\nf2 =~ v1 + m2*v2 + m3*v3\n"
cuts <- "f1 =~ u2 + l2*u3 + u1\nf2 =~ v1 + m2*v2 + m3*v3\nf2 ~ b*f1\n"
groups <- "f1 =~ u2 + u3 + u4\nf2 =~ v1 + v2 + v3\nf2 ~ c(b1, b2, b3)*f1\n"
cases <- list(
  list("product", paste0(paths, "a*c == 1\n"), "political_democracy", list()),
  list("power", paste0(paths, "b == c^2\n"), "political_democracy", list()),
  list("defined", paste0(paths, "ab := a*c\ntotal := ab + b\nab == 2*b\n"), "political_democracy", list()),
  list("functions", paste0(paths, "exp(b) == a + 0.2\n"), "political_democracy", list()),
  list("linear_and_not", paste0(paths, "a == 2*b\na*c == 1\n"), "political_democracy", list()),
  list("product_mlm", paste0(paths, "a*c == 1\n"), "political_democracy", list(estimator = "MLM")),
  list("product_mlmv", paste0(paths, "a*c == 1\n"), "political_democracy", list(estimator = "MLMV")),
  list("product_mlr", paste0(paths, "a*c == 1\n"), "political_democracy", list(estimator = "MLR")),
  list("inactive", paste0(paths, "b > 0.1\n"), "political_democracy", list()),
  list("active", paste0(paths, "a < 1\n"), "political_democracy", list()),
  list("active_mlr", paste0(paths, "a < 1\nb > 0.1\n"), "political_democracy", list(estimator = "MLR")),
  list("active_mlm", paste0(paths, "a + b < 1.5\n"), "political_democracy", list(estimator = "MLM")),
  list("active_nonlinear", paste0(paths, "a*c < 1\n"), "political_democracy", list()),
  list("variance_bound", paste0(two, "f2 ~ b*f1\nv1 ~~ e*v1\ne > 1.2\nu2 ~~ g*u3\ng > 0.01\n"), "simulated_service", list()),
  list("loadings_uls", paste0(two, "l3 == m2*m3\n"), "simulated_service", list(estimator = "ULS")),
  list("loadings_gls", paste0(two, "l3 == m2*m3\n"), "simulated_service", list(estimator = "GLS")),
  list("loadings_wls", paste0(two, "l3 == m2*m3\n"), "simulated_service", list(estimator = "WLS")),
  list("unit_variance", "f1 =~ NA*u2 + a*u2 + b*u3 + c*u4\na^2 + b^2 + c^2 == 3\n", "simulated_service", list()),
  list("indirect", "m ~ a*x + z\ny ~ b*m + c*x\na*b == 0.05\n", "simulated_service", list()),
  list("indirect_holes", "m ~ a*x + z\ny ~ b*m + c*x\nind := a*b\nind == 0.05\n", "simulated_service_holes", list(missing = "ml", fixed.x = FALSE)),
  list("holes_mlr", paste0(two, "l3 == m2*m3\nf2 ~ b*f1\nb < 0.5"), "simulated_service_holes", list(missing = "ml", estimator = "MLR")),
  list("groups", paste0(groups, "b1*b2 == 0.5*b3\n"), "simulated_service", list(group = "region")),
  list("groups_mlr", paste0(groups, "b1*b2 == b3\n"), "simulated_service", list(group = "region", group.equal = "loadings", estimator = "MLR")),
  list("groups_order", paste0(groups, "b1 < b2\nb2 < b3\n"), "simulated_service", list(group = "region", group.equal = c("loadings", "intercepts"))),
  list("ordered", paste0(cuts, "l2 == m2*m3\n"), "cut", list(ordered = c("u1", "u2", "u3", "v1", "v2", "v3"))),
  list("ordered_bound", paste0(cuts, "b < 0.3\n"), "cut", list(ordered = c("u1", "u2", "u3", "v1", "v2", "v3"))))
# where the control of the optimiser stops lavaan's independence model, measures that need it are left out
with_baseline <- function(fit) {
  m <- suppressWarnings(fitMeasures(fit))
  if (is.na(m[["baseline.chisq"]])) m[!is.na(m)] else m
}
num <- function(v) unname(signif(as.numeric(v), 10))
data_of <- list(political_democracy = pd, simulated_service = d, simulated_service_holes = holes, cut = cut4)
out <- list()
for (case in cases) {
  run <- function(control) suppressWarnings(do.call("sem", c(case[[2]], list(data_of[[case[[3]]]], control = control), case[[4]])))
  for (outer in c(1e-9, 1e-8, 1e-7, 1e-6)) {
    fit <- run(list(rel.tol = 1e-13, control.outer = list(tol = outer)))
    if (lavInspect(fit, "converged")) break
  }
  cat(case[[1]], outer, lavInspect(fit, "converged"), "\n")
  stopifnot(lavInspect(fit, "converged"))
  pe <- suppressWarnings(parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE))
  pe <- pe[!pe$op %in% c("==", "<", ">"), ]
  ss <- suppressWarnings(standardizedSolution(fit)); ss <- ss[!ss$op %in% c("==", "<", ">"), ]
  out[[case[[1]]]] <- list(model = case[[2]], data = case[[3]], options = case[[4]],
    estimates = list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = if (is.null(pe$group)) rep(1, nrow(pe)) else pe$group,
      est = num(pe$est), se = num(pe$se), std.lv = num(pe$std.lv), std.all = num(pe$std.all), std.se = num(ss$se)),
    measures = as.list(signif(with_baseline(fit), 10)))
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), "sem/constraints.json")
cat(length(out), "cases\n")
