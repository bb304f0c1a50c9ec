# Models of every kind under lavaan 0.6-14, for tests/sem: run as `Rscript r/sem_models.R` in tests/reference.
# The optimiser is tightened, so that its own stopping error stays below the tests' tolerances.
suppressMessages({library(lavaan); library(jsonlite)})
hs <- read.csv("sem/hs.csv"); pd <- read.csv("sem/political_democracy.csv"); me <- read.csv("sem/mediation.csv")
big <- as.matrix(read.csv("sem/eight_latents_cov.csv")); rownames(big) <- colnames(big)
tight <- list(rel.tol = 1e-12, eval.max = 20000, iter.max = 20000)
hsm <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
pdm <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8"
path <- "x7 ~ a*x1 + b*x2\nx8 ~ c*x7 + x1\nx9 ~ d*x8 + x2 + x3\nindirect := a*c\nlonger := a*c*d"
mimic <- paste0(hsm, "\nvisual + textual + speed ~ ageyr + sex")
growth <- "i =~ 1*x7 + 1*x8 + 1*x9\ns =~ 0*x7 + 1*x8 + 2*x9\nx7 + x8 + x9 ~ 0*1\ni + s ~ 1\nx9 ~~ v*x9\nx8 ~~ v*x8"
L <- "loadings"; I <- "intercepts"
bigm <- paste0(paste(sapply(1:8, function(k) paste0("f", k, " =~ ", paste0("x", k, "_", 1:4, collapse = " + "))), collapse = "\n"),
  "\nf4 ~ f1 + f2 + f3\nf5 ~ f1 + f4\nf6 ~ f2 + f4 + f5\nf7 ~ f5 + f6\nf8 ~ f6 + f7")
pd0 <- gsub("[abc]\\*", "", pdm)
ME <- "M ~ a*X\nY ~ b*M + c*X\nind := a*b\ntotal := c + a*b"
cases <- list(
  list("hs_cfa", hsm, "hs", list()),
  list("political_democracy", pd0, "pd", list()),
  list("hs_means", hsm, "hs", list(meanstructure = TRUE)),
  list("eight_latents", bigm, "big", list()),
  list("hs_configural", hsm, "hs", list(group = "school")),
  list("hs_metric", hsm, "hs", list(group = "school", group.equal = L)),
  list("hs_scalar", hsm, "hs", list(group = "school", group.equal = c(L, I))),
  list("hs_strict", hsm, "hs", list(group = "school", group.equal = c(L, I, "residuals"))),
  list("hs_mlm", hsm, "hs", list(estimator = "MLM")),
  list("hs_mlr", hsm, "hs", list(estimator = "MLR")),
  list("hs_mlmv", hsm, "hs", list(estimator = "MLMV")),
  list("pd_mlm", pd0, "pd", list(estimator = "MLM")),
  list("pd_mlr", pd0, "pd", list(estimator = "MLR")),
  list("hs_uls", hsm, "hs", list(estimator = "ULS")),
  list("hs_gls", hsm, "hs", list(estimator = "GLS")),
  list("hs_wls", hsm, "hs", list(estimator = "WLS")),
  list("hs_dwls", hsm, "hs", list(estimator = "DWLS")),
  list("mediation", ME, "me", list()),
  list("mediation_random_x", ME, "me", list(fixed.x = FALSE)),
  list("path_fixed_x", path, "hs", list()),
  list("path_random_x", path, "hs", list(fixed.x = FALSE)),
  list("path_fixed_x_means", path, "hs", list(meanstructure = TRUE)),
  list("path_mlm", path, "hs", list(estimator = "MLM")),
  list("path_mlr", path, "hs", list(estimator = "MLR")),
  list("path_mlmv", path, "hs", list(estimator = "MLMV")),
  list("path_mlr_means", path, "hs", list(estimator = "MLR", meanstructure = TRUE)),
  list("path_mlm_means", path, "hs", list(estimator = "MLM", meanstructure = TRUE)),
  list("path_wls", path, "hs", list(estimator = "WLS")),
  list("path_dwls", path, "hs", list(estimator = "DWLS")),
  list("path_gls", path, "hs", list(estimator = "GLS")),
  list("path_uls", path, "hs", list(estimator = "ULS")),
  list("second_order", paste0(hsm, "\ng =~ visual + textual + speed"), "hs", list()),
  list("mimic", mimic, "hs", list()),
  list("mimic_mlr_means", mimic, "hs", list(estimator = "MLR", meanstructure = TRUE)),
  list("mimic_mlm", mimic, "hs", list(estimator = "MLM")),
  list("mimic_group_mlr", sub("ageyr + ", "", mimic, fixed = TRUE), "hs", list(estimator = "MLR", group = "school")),
  list("std_lv", hsm, "hs", list(std.lv = TRUE)),
  list("orthogonal", hsm, "hs", list(orthogonal = TRUE)),
  list("equal_labels", pdm, "pd", list()),
  list("equal_labels_mlr", pdm, "pd", list(estimator = "MLR")),
  list("linear_constraint", "visual =~ x1 + p*x2 + q*x3\ntextual =~ x4 + r*x5 + x6\nspeed =~ x7 + x8 + x9\np + q == 1.2\nr == 2*p", "hs", list()),
  list("growth", growth, "hs", list()),
  list("latent_mean", paste0(hsm, "\nx1 ~ 0*1\nvisual ~ 1"), "hs", list()),
  list("groups_modifiers", "visual =~ x1 + c(a, b)*x2 + c(.7, NA)*x3\ntextual =~ x4 + c(d, d)*x5 + x6\nvisual ~~ c(u, w)*textual\ndiff := a - b", "hs", list(group = "school")),
  list("groups_one_label", "visual =~ x1 + a*x2 + x3\ntextual =~ x4 + x5 + x6", "hs", list(group = "school")),
  list("groups_std_lv", hsm, "hs", list(group = "school", std.lv = TRUE, group.equal = c(L, I))),
  list("groups_partial", hsm, "hs", list(group = "school", group.equal = c(L, I), group.partial = c("x3~1", "visual=~x2"))),
  list("groups_mlr", hsm, "hs", list(group = "school", estimator = "MLR", group.equal = L)),
  list("groups_mlm", hsm, "hs", list(group = "school", estimator = "MLM", group.equal = c(L, I))),
  list("groups_mlmv", hsm, "hs", list(group = "school", estimator = "MLMV", group.equal = L)),
  list("groups_gls", hsm, "hs", list(group = "school", estimator = "GLS", group.equal = L)),
  list("groups_uls", hsm, "hs", list(group = "school", estimator = "ULS", group.equal = L)),
  list("groups_dwls", hsm, "hs", list(group = "school", estimator = "DWLS")),
  list("groups_wls", hsm, "hs", list(group = "school", estimator = "WLS", group.equal = c(L, I))),
  list("groups_all_equal", "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nspeed ~ visual\nx7 ~~ x8", "hs", list(group = "school", group.equal = c(L, I, "means", "residuals", "residual.covariances", "lv.variances", "regressions"))),
  list("gls_means", hsm, "hs", list(estimator = "GLS", meanstructure = TRUE)),
  list("uls_means", hsm, "hs", list(estimator = "ULS", meanstructure = TRUE)),
  list("dwls_means", hsm, "hs", list(estimator = "DWLS", meanstructure = TRUE)),
  list("wls_means", hsm, "hs", list(estimator = "WLS", meanstructure = TRUE)),
  list("wlsmv_continuous", hsm, "hs", list(estimator = "WLSMV")),
  list("ulsmv_continuous", hsm, "hs", list(estimator = "ULSMV")),
  list("single_indicator", "visual =~ x1 + x2 + x3\none =~ x9\none ~ visual + ageyr", "hs", list()),
  list("nonrecursive", "x7 ~ x8 + x1\nx8 ~ x7 + x4\nx7 ~~ x8", "hs", list()),
  list("two_way_mixed", "visual =~ x1 + x2 + x3\nx7 ~ visual + ageyr\nx8 ~ x7\nvisual ~ x4\nx8 ~~ x9", "hs", list()),
  list("information_observed", hsm, "hs", list(information = "observed")),
  list("information_first_order", hsm, "hs", list(information = "first.order")),
  list("mlr_expected", hsm, "hs", list(estimator = "MLR", information = "expected")),
  list("mlm_means", hsm, "hs", list(estimator = "MLM", meanstructure = TRUE)),
  list("mlr_means", hsm, "hs", list(estimator = "MLR", meanstructure = TRUE)),
  list("mlmv_means", hsm, "hs", list(estimator = "MLMV", meanstructure = TRUE)),
  list("outcomes_covary", "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\ntextual + speed ~ visual\nageyr ~ visual", "hs", list()),
  list("functions", "M ~ a*X\nY ~ b*M + c*X\nindirect := a*b\nshare := (a*b)/(c + a*b)\npower := exp(a)^2 - sqrt(b)\nback := -share + 1", "me", list())
)
given <- function(name) if (name == "big") list(sample.cov = big, sample.nobs = 1000) else list(get(name))
num <- function(x) unname(signif(as.numeric(x), 10))
out <- list()
for (case in cases) {
  fit <- tryCatch(suppressWarnings(do.call("sem", c(case[[2]], given(case[[3]]), list(control = tight), case[[4]]))), error = function(e) { cat(case[[1]], conditionMessage(e), "\n"); NULL })
  if (is.null(fit)) next
  if (!lavInspect(fit, "converged")) fit <- suppressWarnings(do.call("sem", c(case[[2]], given(case[[3]]), case[[4]])))
  if (!lavInspect(fit, "converged")) { cat(case[[1]], "not converged\n"); next }
  pe <- suppressWarnings(parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE))
  pe <- pe[pe$op != "==", ]
  st <- suppressWarnings(standardizedSolution(fit)); st <- st[st$op != "==", ]
  fm <- suppressWarnings(fitMeasures(fit))
  mi <- tryCatch(suppressWarnings(modindices(fit)), error = function(e) NULL)
  mis <- NULL
  if (!is.null(mi)) mis <- list(lhs = mi$lhs, op = mi$op, rhs = mi$rhs, group = if (is.null(mi$group)) rep(1, nrow(mi)) else mi$group, mi = num(mi$mi), epc = num(mi$epc), sepc_all = num(mi$sepc.all))
  out[[case[[1]]]] <- list(model = case[[2]], data = case[[3]], options = case[[4]],
    estimates = list(lhs = pe$lhs, op = pe$op, rhs = ifelse(pe$op == ":=", "", pe$rhs), group = if (is.null(pe$group)) rep(1, nrow(pe)) else pe$group,
      est = num(pe$est), se = num(pe$se), std_lv = num(pe$std.lv), std_all = num(pe$std.all), std_se = num(st$se)),
    measures = as.list(signif(fm, 10)), mi = mis)
}
lrt <- function(a, b, ...) { t <- suppressWarnings(as.data.frame(lavTestLRT(a, b, ...))); list(statistic = t[2, "Chisq diff"], df = t[2, "Df diff"], pvalue = t[2, "Pr(>Chisq)"]) }
pair <- function(...) list(cfa(hsm, hs, group = "school", ...), cfa(hsm, hs, group = "school", group.equal = L, ...))
tests <- lapply(c(ML = "ML", MLM = "MLM", MLR = "MLR", MLMV = "MLMV", ULS = "ULS", WLS = "WLS"), function(e) { p <- pair(estimator = e); lrt(p[[1]], p[[2]]) })
fit <- cfa(hsm, hs); fitp <- sem(pd0, pd)
more <- list(compare = tests,
  scores = list(regression = unname(unclass(lavPredict(fit))[1:5, ]), bartlett = unname(unclass(lavPredict(fit, method = "Bartlett"))[1:5, ]),
    means = unname(unclass(lavPredict(cfa(hsm, hs, group = "school", group.equal = c(L, I)))[[2]])[1:5, ])),
  residuals = list(standardized = unname(unclass(residuals(fitp, type = "standardized")$cov)), correlation = unname(unclass(residuals(fitp, type = "cor.bentler")$cov))),
  r2 = as.list(lavInspect(fitp, "rsquare")))
write(toJSON(more, digits = 10, auto_unbox = TRUE, na = "null", matrix = "rowmajor"), "sem/more.json")
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "sem/models.json")
cat(length(out), "cases\n")
