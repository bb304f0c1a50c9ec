# Forty-odd models of many kinds under lavaan 0.6-14, for tests/sem/test_sweep_models.py: run as
# `Rscript r/sweep_models.R` in tests/reference. The answers are simulated here; they stand for nobody.
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(20261122)
n <- 240
branch <- sample(rep(c(7, 2, 4), c(100, 80, 60)))
x <- rnorm(n); z <- rbinom(n, 1, .45); e <- function(s) s * rnorm(n)
start <- 2 + .4 * x + e(.9) + .3 * (branch == 2); slope <- .5 + .2 * z + e(.4) + .15 * (start - 2)
d <- data.frame(branch = branch, x = round(x, 2), z = z)
for (t in 1:4) { d[[paste0("c", t)]] <- round(.3 * x + rnorm(n), 2)
  d[[paste0("t", t)]] <- round(start + (t - 1) * slope + .3 * d[[paste0("c", t)]] + e(.6), 2) }
a <- .4 * x + .2 * z + e(.9); b <- .5 * a + .3 * (branch == 4) + e(.8)
answer <- function(f, l, cuts) as.integer(cut(l * f + e(.8), c(-Inf, cuts, Inf)))
d$a1 <- answer(a, 1, c(-1, -.2, .5, 1.3)); d$a2 <- answer(a, .9, c(-.6, .4, 1)); d$a3 <- answer(a, 1.1, .1); d$a4 <- answer(a, .8, c(-.5, .6))
d$b1 <- answer(b, 1, c(-.8, .2, 1)); d$b2 <- answer(b, -.9, c(-1.2, -.4, .3, 1)); d$b3 <- answer(b, .8, c(-.3, .5))
for (k in 1:3) d[[paste0("s", k)]] <- round((.5 * b + .4 * a + e(.6 + .1 * k)) * c(1, 20, .3)[k] + k, 3)
holes <- d
for (v in c("t2", "t3", "t4", "s1", "s2", "a1", "b1")) holes[runif(n) < c(.1, .3)[1 + (holes$x > .3)], v] <- NA
write.csv(d, "sem/sweep.csv", row.names = FALSE); write.csv(holes, "sem/sweep_holes.csv", row.names = FALSE, na = "")
files <- list(hs = read.csv("sem/hs.csv"), pd = read.csv("sem/political_democracy.csv"), sweep = d, sweep_holes = holes)

hs <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
pd <- "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + a*y2 + b*y3 + c*y4\ndem65 =~ y5 + a*y6 + b*y7 + c*y8\ndem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8"
growth <- "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4\nt1 + t2 + t3 + t4 ~ 0*1\ni + s ~ 1"
items <- c("a1", "a2", "a3", "a4", "b1", "b2", "b3")
two <- "fa =~ a1 + a2 + a3 + a4\nfb =~ b1 + b2 + b3"
mixed <- paste0(two, "\nfs =~ s1 + s2 + s3\nfs ~ fa + fb\nfb ~ fa")
path <- "s1 ~ x + t1\nt1 ~ x + z\nt2 ~ t1"
by_school <- function(...) c(list(group = "school"), list(...))
equal <- function(...) list(group.equal = c(...))
case <- function(name, model, data, options = list(), against = NULL, moments = FALSE)
  list(name = name, model = model, data = data, options = options, against = against, moments = moments)
cases <- list(
  case("partial_mlm", hs, "hs", by_school(estimator = "MLM", group.equal = c("loadings", "intercepts"), group.partial = c("visual =~ x2", "x3 ~ 1")), list(options = by_school(estimator = "MLM"))),
  case("everything_equal_mlmv", hs, "hs", by_school(estimator = "MLMV", group.equal = c("loadings", "intercepts", "residuals", "means", "lv.variances", "lv.covariances")), list(options = by_school(estimator = "MLMV", group.equal = "loadings"))),
  case("groups_gls", hs, "hs", by_school(estimator = "GLS", group.equal = c("loadings", "intercepts")), list(options = by_school(estimator = "GLS", group.equal = "loadings"))),
  case("groups_dwls_partial", hs, "hs", by_school(estimator = "DWLS", group.equal = c("loadings", "residuals"), group.partial = "x3 ~~ x3")),
  case("groups_wlsmv_continuous", hs, "hs", by_school(estimator = "WLSMV", group.equal = "loadings"), list(options = by_school(estimator = "WLSMV"))),
  case("ulsmv_continuous", hs, "hs", list(estimator = "ULSMV", meanstructure = TRUE)),
  case("wls_means", "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9", "hs", list(estimator = "WLS", meanstructure = TRUE)),
  case("orthogonal_means", hs, "hs", list(orthogonal = TRUE, std.lv = TRUE, meanstructure = TRUE), list(options = list(std.lv = TRUE, meanstructure = TRUE))),
  case("residual_covariances_equal", paste0(hs, "\nx1 ~~ x4\nx7 ~~ x8"), "hs", by_school(estimator = "MLR", group.equal = c("loadings", "residuals", "residual.covariances"))),
  case("latent_means_equal", hs, "hs", by_school(std.lv = TRUE, group.equal = c("loadings", "intercepts", "means")), list(options = by_school(std.lv = TRUE, group.equal = c("loadings", "intercepts")))),
  case("moments_of_groups", hs, "hs", by_school(group.equal = c("loadings", "intercepts")), moments = TRUE),
  case("moments_observed", paste0(hs, "\nspeed ~ ageyr + sex"), "hs", list(information = "observed"), moments = TRUE),
  case("mediation_of_groups", paste0(hs, "\nspeed ~ c(c1, c2)*visual + c(b1, b2)*textual\ntextual ~ c(a1, a2)*visual\none := a1*b1\nother := a2*b2\ndifference := one - other"), "hs", by_school(estimator = "MLR")),
  case("paths_equal_between_groups", paste0(hs, "\nspeed ~ c(p, q)*visual\np == q"), "hs", by_school(), list(model = paste0(hs, "\nspeed ~ visual"))),
  case("correlations_equal", paste0(hs, "\nvisual ~~ r*textual\nvisual ~~ r*speed\ntextual ~~ s*speed\nr == s"), "hs", list(std.lv = TRUE)),
  case("sum_of_loadings", "f =~ NA*x1 + a*x1 + b*x2 + c*x3\na + b + c == 3\ng =~ x7 + x8 + x9", "hs", list(estimator = "MLM")),
  case("square_of_a_loading", "f =~ x1 + a*x2 + b*x3 + c*x9\nb == a^2\ng =~ x4 + x5 + x6", "hs"),
  case("one_label_for_three_kinds", paste0(hs, "\nx1 ~~ v*x1\nx4 ~~ v*x4\nvisual ~~ v*textual"), "hs"),
  case("fixed_covariance", paste0(hs, "\nvisual ~~ 0.4*textual\nvisual ~~ 0.8*visual\nspeed ~ 0.2*visual + textual"), "hs", list(estimator = "MLR")),
  case("first_order", paste0(hs, "\nspeed ~ visual + ageyr"), "hs", list(information = "first.order")),
  case("groups_observed", hs, "hs", by_school(information = "observed", group.equal = "loadings")),
  case("second_order_groups", paste0(hs, "\ng =~ visual + textual + speed"), "hs", by_school(estimator = "MLM", group.equal = "loadings")),
  case("reliability", "f =~ NA*x1 + a*x1 + a*x2 + a*x3\nf ~~ 1*f\nx1 ~~ e*x1\nx2 ~~ g*x2\nx3 ~~ h*x3\nomega := (3*a)^2 / ((3*a)^2 + e + g + h)\nlogit := log(omega / (1 - omega))", "hs", list(estimator = "MLR")),
  case("covariances_alone", "x1 ~~ x2 + x3\nx2 ~~ x3\nx4 ~~ x1\nx1 ~ 1", "hs"),
  case("causes_random_uls", paste0(hs, "\nvisual + textual + speed ~ sex + ageyr"), "hs", list(estimator = "ULS", fixed.x = FALSE)),
  case("causes_wls", paste0(hs, "\nvisual + textual + speed ~ sex + ageyr"), "hs", list(estimator = "WLS")),
  case("items_differ", paste0(hs, "\nvisual + textual + speed ~ sex + ageyr\nx2 ~ sex\nx9 ~ ageyr"), "hs", list(estimator = "MLMV"), list(model = paste0(hs, "\nvisual + textual + speed ~ sex + ageyr\nx2 ~ 0*sex\nx9 ~ ageyr"))),
  case("panel_equal_mlr", pd, "pd", list(estimator = "MLR"), list(model = gsub("[abc]\\*", "", pd))),
  case("panel_equal_gls", pd, "pd", list(estimator = "GLS", meanstructure = TRUE)),
  case("paths_random_groups", path, "sweep", list(group = "branch", fixed.x = FALSE, group.equal = c("intercepts", "regressions")), list(options = list(group = "branch", fixed.x = FALSE))),
  case("paths_partial_groups", path, "sweep", list(group = "branch", estimator = "MLR", group.equal = c("regressions", "residuals"), group.partial = "s1 ~ x")),
  case("one_degree_mlr", "x9 ~ x1 + x4\nx4 ~ x1 + x2", "hs", list(estimator = "MLR")),
  case("growth_causes", paste0(growth, "\ni + s ~ x + z\nt1 ~ c1\nt2 ~ c2\nt3 ~ c3\nt4 ~ c4"), "sweep", list(estimator = "MLM")),
  case("growth_equal_residuals", paste0(growth, "\nt1 ~~ r*t1\nt2 ~~ r*t2\nt3 ~~ r*t3\nt4 ~~ r*t4"), "sweep", list(estimator = "MLMV"), list(model = growth)),
  case("growth_free_times_groups", sub("2\\*t3 \\+ 3\\*t4", "t3 + t4", growth), "sweep", list(group = "branch", group.equal = "means")),
  case("growth_holes", paste0(growth, "\ni + s ~ x + z"), "sweep_holes", list(missing = "ml", estimator = "MLR"), list(model = paste0(growth, "\ni ~ x + z\ns ~ x + 0*z"))),
  case("growth_holes_groups", growth, "sweep_holes", list(missing = "ml", group = "branch", group.equal = "lv.variances")),
  case("paths_holes_random", "s1 ~ p*t2 + x\nt2 ~ q*x + z\npq := p*q", "sweep_holes", list(missing = "ml", fixed.x = FALSE, estimator = "MLR")),
  case("saturated_holes", "t2 ~~ t3 + t4\nt3 ~~ t4\nt2 + t3 + t4 ~ 1", "sweep_holes", list(missing = "ml")),
  case("factor_holes_expected", "f =~ s1 + s2 + t2 + t3\nf ~ x", "sweep_holes", list(missing = "ml", information = "expected")),
  case("ordered", two, "sweep", list(estimator = "WLSMV", ordered = items), list(model = paste0(two, "\nfa ~~ 0*fb"))),
  case("ordered_mixed", mixed, "sweep", list(estimator = "WLSMV", ordered = items)),
  case("ordered_mixed_wls", "fa =~ a1 + a2 + a4\nfs =~ s1 + s2 + s3", "sweep", list(estimator = "WLS", ordered = c("a1", "a2", "a4"))),
  case("ordered_causes", paste0(two, "\nfa ~ x + z\nfb ~ fa + x"), "sweep", list(estimator = "DWLS", ordered = items)),
  case("ordered_std_ulsmv", two, "sweep", list(estimator = "ULSMV", ordered = items, std.lv = TRUE)),
  case("ordered_thresholds_equal", "fa =~ a1 + l*a2 + l*a4\na2 | u*t1\na4 | u*t1\ntwice := 2*l", "sweep", list(estimator = "WLSMV", ordered = c("a1", "a2", "a4"))),
  case("ordered_groups", "fa =~ a1 + a2 + a4\nfb =~ b1 + b3 + b2", "sweep", list(estimator = "WLSMV", ordered = setdiff(items, "a3"), group = "z", group.equal = c("loadings", "thresholds"), group.partial = "a2 | t1"),
    list(options = list(estimator = "WLSMV", ordered = setdiff(items, "a3"), group = "z"))),
  case("ordered_mixed_groups", "fa =~ a1 + a2 + a4\nfs =~ s1 + s2 + s3", "sweep", list(estimator = "WLSMV", ordered = c("a1", "a2", "a4"), group = "z", group.equal = "loadings")))

num <- function(v, digits = 8) { v <- as.numeric(v); v[!is.finite(v)] <- NA; unname(signif(v, digits)) }
fitted_by <- function(one, options, model, control) {
  data <- files[[one$data]]
  if (one$moments) {
    parts <- if (is.null(options$group)) list(data) else split(data, factor(data[[options$group]], unique(data[[options$group]])))
    known <- unique(unlist(regmatches(model, gregexpr("[a-z]+[0-9]*", model)))); known <- intersect(names(data)[sapply(data, is.numeric)], known)
    means <- !is.null(options$group); options$group <- NULL
    drop <- function(made) if (length(made) == 1) made[[1]] else made
    arguments <- c(list(model, sample.cov = drop(lapply(parts, function(p) cov(p[known]))), sample.nobs = drop(lapply(parts, nrow))), options)
    if (means) arguments$sample.mean <- drop(lapply(parts, function(p) colMeans(p[known])))
  } else arguments <- c(list(model, data), options)
  suppressWarnings(do.call("sem", c(arguments, if (!is.null(control)) list(control = control))))
}
best <- function(one, options, model) {
  fit <- fitted_by(one, options, model, NULL)
  stopifnot(lavInspect(fit, "converged"))
  sharper <- fitted_by(one, options, model, list(rel.tol = 1e-12, iter.max = 2000))
  # sharper tolerances can stop the baseline model or the constrained optimiser: then the default stands
  whole <- lavInspect(sharper, "converged") && !is.na(fitMeasures(sharper, "baseline.chisq"))
  if (whole && abs(sharper@optim$fx - fit@optim$fx) < 1e-7) sharper else fit
}
skipped <- c("rmsea.ci.level", "rmsea.close.h0", "rmsea.notclose.h0", "nnfi", "nnfi.scaled", "nnfi.robust", "rmr_nomean", "srmr_bentler", "srmr_mplus_nomean", "crmr_nomean")
out <- list()
for (one in cases) {
  fit <- best(one, one$options, one$model)
  pe <- suppressWarnings(parameterEstimates(fit, standardized = TRUE, remove.nonfree = FALSE)); pe <- pe[!pe$op %in% c("==", "<", ">"), ]
  st <- suppressWarnings(standardizedSolution(fit)); st <- st[!st$op %in% c("==", "<", ">"), ]
  fm <- unclass(suppressWarnings(fitMeasures(fit))); fm[!is.finite(fm)] <- NA; fm <- fm[!names(fm) %in% skipped]
  mi <- suppressWarnings(tryCatch(modindices(fit, sort. = TRUE, maximum.number = 12), error = function(e) NULL))
  record <- list(model = one$model, data = one$data, options = one$options, moments = one$moments,
    estimates = list(lhs = pe$lhs, op = pe$op, rhs = pe$rhs, group = if (is.null(pe$group)) rep(1, nrow(pe)) else pe$group,
      est = num(pe$est), se = num(pe$se), std.lv = num(pe$std.lv), std.all = num(pe$std.all), std.se = num(st$se)),
    measures = as.list(signif(fm, 9)))
  r2 <- lavInspect(fit, "rsquare"); if (!is.list(r2)) r2 <- list(r2)
  record$r2 <- lapply(unname(r2), function(v) as.list(signif(unclass(v), 8)))
  if (!is.null(mi)) record$modindices <- list(lhs = I(mi$lhs), op = I(mi$op), rhs = I(mi$rhs), group = I(if (is.null(mi$group)) rep(1, nrow(mi)) else mi$group), mi = I(num(mi$mi)), epc = I(num(mi$epc)))
  if (!is.null(one$against)) {
    pick <- function(name) if (is.null(one$against[[name]])) one[[name]] else one$against[[name]]
    test <- suppressWarnings(as.data.frame(lavTestLRT(fit, best(one, pick("options"), pick("model")))))
    record$against <- c(one$against, list(statistic = num(test[2, "Chisq diff"]), df = test[2, "Df diff"], pvalue = num(test[2, "Pr(>Chisq)"])))
  }
  out[[one$name]] <- record
  cat(one$name, round(fitMeasures(fit, "chisq"), 3), "\n")
}
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), "sem/sweep_models.json")
cat(length(out), "models\n")
