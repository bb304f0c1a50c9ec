# Invariance of ordered items with thresholds first (Wu & Estabrook 2016): texts of semTools' measEq.syntax fitted by
# lavaan. Run from tests/reference: Rscript r/ordered_invariance.R
# Debian's r-cran-lavaan 0.6-14, r-cran-semtools 0.5-6, r-cran-jsonlite.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
groups <- read.csv("measurement/three_groups.csv")
survey <- read.csv("measurement/survey.csv"); survey$g <- rep(c("a", "b"), length.out = nrow(survey))
two <- subset(groups, g != "c")
x <- paste0("x", 1:4); y <- paste0("y", 1:4); z <- paste0("z", 1:4)
steps <- list(configural = "", thresholds = "thresholds", metric = c("thresholds", "loadings"),
  scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"))
cases <- list(
  x_three = list("three_groups", groups, "x =~ x1 + x2 + x3 + x4", x, names(steps)),
  x_two = list("two_groups", two, "x =~ x1 + x2 + x3 + x4", x, names(steps)),
  xy_three = list("three_groups", groups, "x =~ x1 + x2 + x3 + x4\ny =~ y1 + y2 + y3 + y4", c(x, y), names(steps)),
  y_three = list("three_groups", groups, "y =~ y1 + y2 + y3 + y4", y, names(steps)),
  z_two = list("two_groups", two, "z =~ z1 + z2 + z3 + z4", z, c("configural", "scalar", "strict")),
  survey = list("halves", survey, "q =~ q1 + q2 + q3 + q4\nt =~ t1 + t2 + t3 + t4", c(paste0("q", 1:4), paste0("t", 1:4)), names(steps)),
  partial = list("three_groups", groups, "x =~ x1 + x2 + x3 + x4", x, names(steps), c("x2 | t2", "x =~ x3", "x4 ~ 1")))
out <- list()
for (name in names(cases)) for (kind in c("delta", "theta")) {
  case <- cases[[name]]; entry <- list(); before <- NULL
  for (step in case[[5]]) {
    if (step == "strict" && kind == "delta") next   # measEq.syntax refuses it
    partial <- if (length(case) > 5) case[[6]] else ""
    text <- as.character(measEq.syntax(case[[3]], data = case[[2]], ordered = case[[4]], parameterization = kind, ID.fac = "std.lv",
      ID.cat = "Wu.Estabrook.2016", group = "g", group.equal = steps[[step]], group.partial = if (step == "configural") "" else partial))
    fit <- cfa(text, case[[2]], group = "g", ordered = case[[4]], parameterization = kind, estimator = "WLSMV", std.lv = TRUE)
    e <- parameterEstimates(fit); e <- e[e$op %in% c("=~", "|", "~1", "~~", "~*~"), ]; e$est <- round(e$est, 6)
    row <- list(chisq = fitMeasures(fit, "chisq")[[1]], df = fitMeasures(fit, "df")[[1]], chisq_scaled = fitMeasures(fit, "chisq.scaled")[[1]],
      cfi_scaled = fitMeasures(fit, "cfi.scaled")[[1]], lhs = e$lhs, op = e$op, rhs = e$rhs, group = e$block, est = e$est)
    if (!is.null(before) && fitMeasures(fit, "df") > fitMeasures(before, "df")) {
      test <- lavTestLRT(before, fit); row$chisq_diff <- test[2, "Chisq diff"]; row$df_diff <- test[2, "Df diff"] }
    entry[[step]] <- row; before <- fit }
  out[[paste(name, kind, sep = "_")]] <- list(data = case[[1]], model = case[[3]], ordered = case[[4]], parameterization = kind,
    partial = if (length(case) > 5) case[[6]] else list(), levels = entry) }
write(toJSON(out, digits = 9, auto_unbox = TRUE, na = "null"), "measurement/ordered_invariance.json")
