# Auxiliary variables by semTools 0.5-6 and lavaan 0.6-14, for tests/sem/test_fiml.py: run as
# `Rscript r/fiml_auxiliary.R` in tests/reference. Data of missing_ordered.R, with more holes.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
num <- function(v) unname(signif(as.numeric(v), 8))
d <- read.csv("missing_ordered/answers_with_holes.csv")
d$x[seq(10, 500, 10)] <- NA; d$aux1[seq(7, 500, 9)] <- NA
ab <- "fa =~ a1 + a2 + a3\nfb =~ b1 + b2 + b3\nfb ~ fa"
cases <- list(list("causes_mlr", paste0(ab, " + x\nfa ~ x"), c("aux1", "aux2"), list(estimator = "MLR")),
              list("groups", ab, I("aux1"), list(group = "group", std.lv = TRUE)))
out <- list()
for (case in cases) {
  fit <- suppressWarnings(do.call(sem.auxiliary, c(list(case[[2]], d, aux = case[[3]]), case[[4]])))
  pe <- parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)
  out[[case[[1]]]] <- list(model = case[[2]], auxiliary = case[[3]], options = case[[4]],
    estimates = list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = if (is.null(pe$group)) rep(1, nrow(pe)) else pe$group,
      est = num(pe$est), se = num(pe$se), std.lv = num(pe$std.lv), std.all = num(pe$std.all)),
    measures = as.list(signif(suppressWarnings(unclass(fitMeasures(fit))), 9)))
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "missing_ordered/fiml_auxiliary.json")
