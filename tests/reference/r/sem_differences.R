# Difference tests under lavaan 0.6-14 for tests/sem/test_differences.py: run as `Rscript r/sem_differences.R` in
# tests/reference. Data: sem/simulated_service*.csv (simulated, they stand for nobody), sem/political_democracy.csv.
suppressMessages({library(lavaan); library(jsonlite)})
files <- c("simulated_service", "simulated_service_holes", "political_democracy", "hs")
frames <- setNames(lapply(files, function(f) read.csv(paste0("sem/", f, ".csv"))), files)
two <- "f1 =~ u2 + u3 + u4\nf2 =~ v1 + v2 + v3\n"
pd <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + %s*y6 + %s*y7 + %s*y8\ndem60 ~ ind60\ndem65 ~ ind60 + dem60\n"
free <- sprintf(pd, "d", "e", "f"); equal <- sprintf(pd, "a", "b", "c")
hs <- "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6\ns =~ x7 + x8 + x9\n"
cases <- list(
  list("path", paste0(two, "f2 ~ f1\ny ~ f2 + f1\n"), paste0(two, "f2 ~ f1\ny ~ f2 + 0*f1\n"), "simulated_service", list(), list()),
  list("path_with_causes", paste0(two, "f2 ~ f1 + x\ny ~ f2 + x"), paste0(two, "f2 ~ f1\ny ~ f2 + x"), "simulated_service", list(), list()),
  list("loadings", free, equal, "political_democracy", list(), list()),
  list("three_at_once", paste0(free, "y1 ~~ y5\ny2 ~~ y6\ny3 ~~ y7\n"), equal, "political_democracy", list(), list()),
  list("grossly_wrong", hs, paste0(hs, "v ~~ 0*t + 0*s\nt ~~ 0*s\n"), "hs", list(), list()),
  list("saturated", "y ~ m + x\nm ~ x", "y ~ m\nm ~ x", "simulated_service", list(), list()),
  list("groups", hs, hs, "hs", list(group = "school"), list(group = "school", group.equal = "loadings")),
  list("groups_intercepts", hs, hs, "hs", list(group = "school", group.equal = "loadings"), list(group = "school", group.equal = c("loadings", "intercepts"))),
  list("holes", paste0(two, "f2 ~ f1"), paste0(two, "f2 ~ 0*f1"), "simulated_service_holes", list(missing = "ml"), list(missing = "ml")))
methods <- list(ML = "default", MLM = c("default", "satorra.bentler.2010", "satorra.2000"), MLR = c("default", "satorra.bentler.2010"), MLMV = "default")
out <- list()
for (case in cases) for (estimator in names(methods)) {
  if (case[[1]] == "holes" && !estimator %in% c("ML", "MLR")) next
  run <- function(m, o) suppressWarnings(do.call("sem", c(list(m, data = frames[[case[[4]]]], estimator = estimator), o)))
  wide <- run(case[[2]], case[[5]]); narrow <- run(case[[3]], case[[6]])
  for (method in methods[[estimator]]) {
    d <- tryCatch(suppressWarnings(lavTestLRT(wide, narrow, method = method)), error = function(e) NULL)
    if (is.null(d)) next
    out[[length(out) + 1]] <- list(name = case[[1]], wide = case[[2]], narrow = case[[3]], data = case[[4]], options_wide = case[[5]], options_narrow = case[[6]],
      estimator = estimator, method = method, statistic = signif(d[["Chisq diff"]][2], 10), df = d[["Df diff"]][2], pvalue = signif(d[["Pr(>Chisq)"]][2], 10))
  }
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "sem/differences.json")
cat(length(out), "tests\n")
