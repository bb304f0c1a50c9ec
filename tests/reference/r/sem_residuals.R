# Residuals with their z values and summaries, and modification indices with all standardized changes, of many
# models under lavaan 0.6-14, for tests/sem/test_residuals.py and test_modification.py: run as
# `Rscript r/sem_residuals.R` in tests/reference. Prints what lavaan refuses.
suppressMessages({library(lavaan); library(jsonlite)})
read <- function(name) read.csv(paste0(name, ".csv"))
frames <- list(hs = read("sem/hs"), pd = read("sem/political_democracy"), service = read("sem/simulated_service"),
  holes = read("sem/simulated_service_holes"), hs_holes = read("missing_ordered/hs_missing20"),
  answers = read("missing_ordered/answers_with_holes"), items = read("missing_ordered/ordered_items"))
hs <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
six <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
two <- "f1 =~ u1 + u2 + u3 + u4\nf2 =~ v1 + v2 + v3"
causes <- paste0(two, "\nf1 ~ x + z\nf2 ~ f1 + w")
path <- "m ~ x + z\ny ~ m + w"
democracy <- paste0("ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n",
  "dem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8")
ordinal <- "f =~ q1 + q2 + q3\ng =~ q4 + q5 + q6"
items <- paste0("q", 1:6)
binary <- "f =~ yes1 + yes2 + yes3\ng =~ yes4 + yes5 + yes6"
cases <- list(
  ml = list(hs, "hs", list()), ml_means = list(six, "hs", list(meanstructure = TRUE)),
  mlm = list(hs, "hs", list(estimator = "MLM")), mlmv = list(six, "hs", list(estimator = "MLMV")),
  mlr = list(hs, "hs", list(estimator = "MLR")), mlr_no_means = list(six, "hs", list(estimator = "MLR", meanstructure = FALSE)),
  observed = list(democracy, "pd", list(information = "observed")),
  observed_means = list("i =~ 1*u2 + 1*u3 + 1*u4\ns =~ 0*u2 + 1*u3 + 2*u4\ni ~ 1\ns ~ 1\nu2 ~ 0*1\nu3 ~ 0*1\nu4 ~ 0*1\nu2 ~~ e*u2\nu3 ~~ e*u3\nu4 ~~ e*u4", "service", list(information = "observed")),
  first_order = list(six, "hs", list(information = "first.order")),
  first_order_means = list(six, "hs", list(information = "first.order", meanstructure = TRUE)),
  mlr_expected = list(six, "hs", list(estimator = "MLR", information = "expected")),
  gls = list(hs, "hs", list(estimator = "GLS")), gls_means = list(six, "hs", list(estimator = "GLS", meanstructure = TRUE)),
  wls = list(six, "hs", list(estimator = "WLS")), wls_means = list(six, "hs", list(estimator = "WLS", meanstructure = TRUE)),
  uls = list(six, "hs", list(estimator = "ULS")), dwls = list(six, "hs", list(estimator = "DWLS")),
  wlsmv_continuous = list(six, "hs", list(estimator = "WLSMV")),
  fixed_x = list(causes, "service", list()), fixed_x_means = list(causes, "service", list(meanstructure = TRUE)),
  fixed_x_mlr = list(causes, "service", list(estimator = "MLR")), fixed_x_mlm = list(path, "service", list(estimator = "MLM")),
  fixed_x_observed = list(causes, "service", list(information = "observed")),
  fixed_x_first_order = list(path, "service", list(information = "first.order")),
  fixed_x_off = list(causes, "service", list(fixed.x = FALSE)), path_gls = list(path, "service", list(estimator = "GLS")),
  path = list(path, "service", list()),
  groups = list(hs, "hs", list(group = "school")), groups_gls = list(six, "hs", list(group = "school", estimator = "GLS")),
  groups_wls = list(six, "hs", list(group = "sex", estimator = "WLS")),
  metric = list(hs, "hs", list(group = "school", group.equal = "loadings")),
  scalar_mlr = list(hs, "hs", list(group = "school", group.equal = c("loadings", "intercepts"), estimator = "MLR")),
  scalar_mlm = list(six, "hs", list(group = "school", group.equal = c("loadings", "intercepts"), estimator = "MLM")),
  three_groups = list(causes, "service", list(group = "region", group.equal = c("loadings", "regressions"))),
  fiml = list(hs, "hs_holes", list(missing = "ml")), fiml_mlr = list(hs, "hs_holes", list(missing = "ml", estimator = "MLR")),
  fiml_expected = list(six, "hs_holes", list(missing = "ml", information = "expected")),
  fiml_first_order = list(six, "hs_holes", list(missing = "ml", information = "first.order")),
  fiml_fixed_x = list(causes, "holes", list(missing = "ml")), fiml_path = list(path, "holes", list(missing = "ml", estimator = "MLR")),
  fiml_random_x = list(path, "holes", list(missing = "ml", fixed.x = FALSE)),
  fiml_groups = list(six, "hs_holes", list(missing = "ml", group = "school", group.equal = c("loadings", "intercepts"))),
  fiml_groups_fixed_x = list("a =~ a1 + a2 + a3\nb =~ b1 + b2 + b3\na ~ x\nb ~ a", "answers", list(missing = "ml", group = "group", group.equal = "loadings")),
  ordered = list(ordinal, "items", list(ordered = items)), ordered_dwls = list(ordinal, "items", list(ordered = items, estimator = "DWLS")),
  ordered_ulsmv = list(ordinal, "items", list(ordered = items, estimator = "ULSMV")),
  ordered_wls = list(ordinal, "items", list(ordered = items, estimator = "WLS")),
  ordered_binary = list(binary, "items", list(ordered = paste0("yes", 1:6))),
  ordered_groups = list(ordinal, "items", list(ordered = items, group = "group")),
  ordered_groups_loadings = list(ordinal, "items", list(ordered = items, group = "group", group.equal = "loadings")),
  ordered_groups_thresholds = list(ordinal, "items", list(ordered = items, group = "group", group.equal = c("loadings", "thresholds"))),
  ordered_mixed = list("f =~ q1 + q2 + q3\ng =~ q4 + q5 + loyalty\ng ~ f", "items", list(ordered = items)),
  ordered_std_lv = list(paste0(ordinal, "\ng ~ f"), "items", list(ordered = items, std.lv = TRUE)),
  single_indicator = list("f1 =~ u2 + u3 + u4\none =~ y\ny ~~ .3*y\none ~ f1", "service", list()),
  fixed_residual = list(paste0(six, "\nx1 ~~ .5*x1\nx4 ~~ .4*x4"), "hs", list()),
  fixed_variance = list("visual =~ 1*x1 + x2 + x3\nvisual ~~ 1*visual\ntextual =~ x4 + x5 + x6", "hs", list()),
  fixed_loadings = list("visual =~ 1*x1 + .6*x2 + .8*x3\ntextual =~ x4 + x5 + x6", "hs", list(estimator = "WLS", meanstructure = TRUE)),
  two_stage_labels = list("visual =~ x1 + a*x2 + b*x3\nspeed =~ x7 + a*x8 + b*x9\nx2 ~~ e*x2\nx8 ~~ e*x8\na == b", "hs", list()),
  outcome_observed = list("visual =~ x1 + x2 + x3\nx7 ~ visual\nx8 ~ visual + x7\nx9 ~ x8 + ageyr", "hs", list(meanstructure = TRUE)),
  covariances_only = list("u1 ~~ u2 + u3\nu2 ~~ 0*u3\nu4 ~~ u1", "service", list()),
  latent_of_one = list("f1 =~ u1 + u2 + u3\nf2 =~ v1\nf3 =~ v2 + v3\nf2 ~ f1\nf3 ~ f2", "service", list(estimator = "MLR")),
  correlated_uniqueness_groups = list(paste0(six, "\nx1 ~~ x4\nx2 ~~ x3"), "hs", list(group = "school", group.equal = c("loadings", "residuals"))),
  orthogonal_groups = list(six, "hs", list(group = "school", orthogonal = TRUE, estimator = "MLM")),
  nearly_determined = list("f1 =~ u2 + u3 + u4\nf2 =~ v1 + v2 + v3\nf1 ~~ 0*f2\nf1 ~ z + w\nu2 ~ z", "service", list(estimator = "GLS", group = "region", group.equal = "loadings")),
  nonlinear = list("visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na == b^2\nc + d == 2", "hs", list()),
  inequality = list("visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + d*x6\na > .9", "hs", list()),
  growth_cause = list("i =~ 1*x4 + 1*x5 + 1*x6 + 1*x1\ns =~ 0*x4 + 1*x5 + 2*x6 + 3*x1\ni ~ ageyr\ns ~ ageyr\ni ~ 1\ns ~ 1\nx4 ~ 0*1\nx5 ~ 0*1\nx6 ~ 0*1\nx1 ~ 0*1", "hs", list()),
  intercepts_fixed = list(paste0(six, "\nx1 ~ 5*1\nx4 ~ 3*1"), "hs", list(estimator = "MLR")),
  ordered_labels = list("f =~ q1 + a*q2 + a*q3 + q4\ng =~ q5 + b*q6 + q7\na == b", "items", list(ordered = paste0("q", 1:7))),
  ordered_second = list("f =~ q1 + q2 + q3\ng =~ q4 + q5 + q6\nh =~ q7 + q8 + q9\nk =~ f + g + h", "items", list(ordered = paste0("q", 1:9), estimator = "WLSMV")),
  second_order = list(paste0(hs, "\ng =~ visual + textual + speed"), "hs", list()),
  second_order_std_lv = list(paste0(hs, "\ng =~ visual + textual + speed"), "hs", list(std.lv = TRUE, meanstructure = TRUE)),
  correlated = list(democracy, "pd", list()), labels = list("dem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + a*y6 + b*y7 + c*y8", "pd", list(estimator = "MLR")),
  orthogonal = list(hs, "hs", list(orthogonal = TRUE)), std_lv = list(hs, "hs", list(std.lv = TRUE, estimator = "MLM")),
  mimic = list("visual =~ x1 + x2 + x3\nvisual ~ ageyr + sex\nx2 ~ sex", "hs", list(meanstructure = TRUE)),
  indirect = list("f1 =~ u2 + u3 + u4\nf2 =~ v1 + v2 + v3\nf1 ~ a*x\nf2 ~ b*f1\ny ~ f2 + m\nm ~ f1\nab := a*b", "service", list()),
  unequal_groups = list(two, "service", list(group = "z")), groups_std_lv = list(six, "hs", list(group = "school", std.lv = TRUE, group.equal = "loadings")),
  bifactor = list("g =~ u1 + u2 + u3 + u4 + v1 + v2 + v3\nf2 =~ v1 + v2 + v3", "service", list(std.lv = TRUE, orthogonal = TRUE)),
  saturated = list("f1 =~ u2 + u3 + u4", "service", list()), feedback = list("y ~ m + x\nm ~ y + z\ny ~~ 0*m", "service", list()),
  growth_groups = list("i =~ 1*x4 + 1*x5 + 1*x6\ns =~ 0*x4 + 1*x5 + 2*x6\ni ~ 1\ns ~ 1\nx4 ~ 0*1\nx5 ~ 0*1\nx6 ~ 0*1\ns ~~ 0*s\ni ~~ 0*s", "hs", list(group = "school")),
  moments_ml = list(six, "hs", list(), TRUE), moments_gls = list(six, "hs", list(estimator = "GLS"), TRUE), moments_uls = list(six, "hs", list(estimator = "ULS"), TRUE))
num <- function(v) unname(signif(as.numeric(v), 8))
vech <- function(m) if (is.null(m)) numeric(0) else num(m[lower.tri(m, diag = TRUE)])
attempt <- function(expr) tryCatch(suppressWarnings(expr), error = function(e) NULL)
tight <- list(rel.tol = 1e-13, eval.max = 20000, iter.max = 20000)
as_groups <- function(found, fit) if (is.null(found)) NULL else if (lavInspect(fit, "ngroups") == 1) list(found) else unclass(found)
out <- list()
for (name in names(cases)) {
  case <- cases[[name]]; data <- frames[[case[[2]]]]
  if (!is.null(case[[3]]$missing)) case[[3]] <- c(case[[3]], em.h1.tol = 1e-12, em.h1.iter.max = 5000)
  run <- function(control) suppressWarnings(if (length(case) == 4) do.call("sem", c(case[[1]], list(sample.cov = cov(data[lavNames(lavaanify(case[[1]]))]), sample.nobs = nrow(data), control = control), case[[3]]))
    else do.call("sem", c(case[[1]], list(data, control = control), case[[3]])))
  fit <- run(tight)
  if (!lavInspect(fit, "converged")) fit <- run(list())
  stopifnot(lavInspect(fit, "converged"))
  bentler <- as_groups(attempt(lavResiduals(fit)), fit)
  raw <- as_groups(attempt(lavResiduals(fit, type = "raw")), fit)
  bollen <- as_groups(attempt(lavResiduals(fit, type = "cor.bollen")), fit)
  plain <- as_groups(attempt(residuals(fit, type = "raw")), fit)
  cor <- as_groups(attempt(residuals(fit, type = "cor.bentler")), fit)
  normalized <- as_groups(attempt(residuals(fit, type = "normalized")), fit)
  mplus <- as_groups(attempt(residuals(fit, type = "standardized.mplus")), fit)
  if (is.null(bentler)) cat(name, ": lavResiduals refused\n")
  if (is.null(normalized)) cat(name, ": normalized refused\n")
  groups <- lapply(seq_along(plain), function(g) list(names = colnames(plain[[g]]$cov),
    raw = vech(plain[[g]]$cov), correlation = vech(cor[[g]]$cov), mean = num(plain[[g]]$mean), thresholds = num(plain[[g]]$th),
    z = vech(bentler[[g]]$cov.z), mean_z = num(bentler[[g]]$mean.z), thresholds_z = num(bentler[[g]]$th.z),
    bollen = vech(bollen[[g]]$cov), bollen_z = vech(bollen[[g]]$cov.z),
    normalized = vech(normalized[[g]]$cov), normalized_mean = num(normalized[[g]]$mean), mplus = vech(mplus[[g]]$cov),
    rmr = lapply(raw[[g]]$summary, num), srmr = lapply(bentler[[g]]$summary, num), crmr = lapply(bollen[[g]]$summary, num)))
  mi <- attempt(modindices(fit))
  if (is.null(mi)) cat(name, ": modindices refused\n")
  table <- NULL
  if (!is.null(mi) && nrow(mi)) table <- list(lhs = I(mi$lhs), op = I(mi$op), rhs = I(mi$rhs), group = if (is.null(mi$group)) I(rep(1, nrow(mi))) else mi$group,
    mi = I(num(mi$mi)), epc = I(num(mi$epc)), sepc.lv = I(num(mi$sepc.lv)), sepc.all = I(num(mi$sepc.all)), sepc.nox = I(num(mi$sepc.nox)))
  out[[name]] <- list(model = case[[1]], data = case[[2]], moments = length(case) == 4, options = case[[3]][!grepl('^em', names(case[[3]]))],
    n = lavInspect(fit, "nobs"), labels = lavInspect(fit, "group.label"), chisq = num(fitMeasures(fit, "chisq")), groups = groups, mi = table)
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "sem/residuals.json")
cat(length(out), "cases\n")
