# Reliability of ordered items in every parameterization and group: semTools on lavaan's fits. Run from
# tests/reference: Rscript r/measurement_ordered.R
# Debian's r-cran-lavaan 0.6-14, r-cran-semtools 0.5-6, r-cran-jsonlite.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
folder <- "measurement/"

# Three groups that differ in the means and spread of their factors and of their residuals: x with five
# categories, y with three, z with two, w continuous.
set.seed(20240)
size <- c(a = 420, b = 380, c = 350)
mean_of <- list(a = c(0, 0, 0, 0), b = c(.6, -.4, .3, .2), c = c(-.3, .5, -.5, 0))
spread_of <- list(a = c(1, 1, 1, 1), b = c(1.3, .8, 1.2, 1), c = c(.8, 1.2, .9, 1.3))
residual_of <- c(a = 1, b = 1.2, c = .8)
phi <- matrix(.45, 4, 4); diag(phi) <- 1
loading <- list(c(1, .9, 1.2, .7), c(1.1, .8, 1, .9), c(1, 1.2, .9, 1.1), c(1, .8, 1.1))
cuts <- list(x = c(-2, -.7, .4, 1.8), y = c(-.8, .9), z = .2)
parts <- lapply(names(size), function(g) {
  f <- sweep(matrix(rnorm(4 * size[[g]]), ncol = 4) %*% chol(phi) %*% diag(spread_of[[g]]), 2, mean_of[[g]], "+")
  own <- function(k, letter) sapply(seq_along(loading[[k]]), function(j) {
    answer <- loading[[k]][j] * f[, k] + residual_of[[g]] * rnorm(size[[g]])
    if (letter == "w") round(answer, 3) else findInterval(answer, cuts[[letter]] + .15 * (j - 2)) + 1 })
  d <- as.data.frame(do.call(cbind, Map(own, 1:4, c("x", "y", "z", "w"))))
  names(d) <- c(paste0("x", 1:4), paste0("y", 1:4), paste0("z", 1:4), paste0("w", 1:3))
  cbind(d, g = g) })
data <- do.call(rbind, parts)
data <- data[sample(nrow(data)), ]
write.csv(data, paste0(folder, "three_groups.csv"), row.names = FALSE, quote = FALSE)

two <- "x =~ x1 + x2 + x3 + x4\ny =~ y1 + y2 + y3 + y4"
few <- "y =~ y1 + y2 + y3 + y4\nz =~ z1 + z2 + z3 + z4"
mixed <- "x =~ x1 + x2 + x3 + x4\nw =~ w1 + w2 + w3"
all_three <- paste0(two, "\nz =~ z1 + z2 + z3 + z4")
second <- paste0(all_three, "\nall =~ x + y + z")
bi <- paste0(two, "\nall =~ x1 + x2 + x3 + x4 + y1 + y2 + y3 + y4")
xy <- c(paste0("x", 1:4), paste0("y", 1:4)); yz <- c(paste0("y", 1:4), paste0("z", 1:4))
same <- c("loadings", "thresholds")
cases <- list(
  delta = list(two, ordered = xy, parameterization = "delta"),
  theta = list(two, ordered = xy, parameterization = "theta"),
  theta_variances = list(paste0(two, "\nx1 ~~ x2\nx3 ~~ y3"), ordered = xy, parameterization = "theta", std.lv = TRUE),
  delta_configural = list(two, ordered = xy, parameterization = "delta", group = "g"),
  theta_configural = list(two, ordered = xy, parameterization = "theta", group = "g"),
  delta_equal = list(two, ordered = xy, parameterization = "delta", group = "g", group.equal = same),
  theta_equal = list(two, ordered = xy, parameterization = "theta", group = "g", group.equal = same),
  few_delta = list(few, ordered = yz, parameterization = "delta", group = "g", group.equal = same),
  few_theta = list(few, ordered = yz, parameterization = "theta", group = "g"),
  mixed_delta = list(mixed, ordered = paste0("x", 1:4), parameterization = "delta", group = "g", group.equal = same),
  mixed_theta = list(mixed, ordered = paste0("x", 1:4), parameterization = "theta"),
  continuous = list(two, group = "g", group.equal = c("loadings", "intercepts")),
  second_theta = list(second, ordered = c(xy, paste0("z", 1:4)), parameterization = "theta"),
  bifactor_theta = list(bi, ordered = xy, parameterization = "theta", orthogonal = TRUE, std.lv = TRUE))

listed <- function(value, fit) {
  labels <- if (lavInspect(fit, "ngroups") > 1) lavInspect(fit, "group.label") else "all"
  if (is.data.frame(value)) lapply(split(as.data.frame(unclass(value)), value$group)[labels], function(v) as.list(v[setdiff(names(v), "group")]))
  else setNames(list(as.list(value)), labels) }
# the same formula with thresholds counted from the mean of the latent response, which semTools leaves out
from_mean <- function(fit) {
  several <- lavInspect(fit, "ngroups") > 1
  get <- function(what) { v <- lavInspect(fit, what); if (several) v else list(all = v) }
  est <- get("est"); phi <- get("cov.lv"); sampled <- get("sampstat"); mu <- get("mean.ov")
  lapply(setNames(names(est), names(est)), function(g) {
    e <- est[[g]]; names_of <- rownames(e$lambda); ordered <- lavNames(fit, "ov.ord")
    scale <- setNames(as.numeric(e$delta), rownames(e$delta))[names_of]; scale[is.na(scale)] <- 1
    cov <- sampled[[g]]$cov[names_of, names_of] / outer(scale, scale)
    found <- lapply(colnames(e$lambda), function(f) {
      own <- names_of[e$lambda[, f] != 0]
      if (length(own) < 2 || !all(own %in% ordered)) return(NULL)
      common <- e$lambda[own, f] %o% e$lambda[own, f] * phi[[g]][f, f]
      tau <- lapply(own, function(i) { rows <- grepl(paste0("^", i, "\\|"), rownames(e$tau)); e$tau[rows, 1] - mu[[g]][[i]] })
      semTools:::omegaCat(common, tau, scale[own], cov[own, own]) })
    Filter(Negate(is.null), setNames(found, colnames(e$lambda))) }) }

out <- lapply(cases, function(case) {
  several <- !is.null(case$group)
  arguments <- case; arguments[[1]] <- NULL
  fit <- do.call("cfa", c(list(case[[1]], quote(data), estimator = if (is.null(case$ordered)) "ML" else "WLSMV"), arguments))
  quiet <- function(value) suppressMessages(value)
  entry <- list(model = case[[1]], call = arguments, chisq = fitMeasures(fit, "chisq")[[1]], df = fitMeasures(fit, "df")[[1]],
    cr = listed(quiet(compRelSEM(fit)), fit), ave = listed(AVE(fit), fit))
  if (!is.null(case$ordered)) entry$from_mean <- from_mean(fit)
  if (grepl("\nall =~ x +", case[[1]], fixed = TRUE)) {
    e <- lavInspect(fit, "est"); scale <- as.numeric(e$delta); reach <- e$lambda %*% e$beta[, "all"]
    entry$second_order <- semTools:::omegaCat(reach %*% t(reach) * e$psi["all", "all"],
      split(e$tau[, 1], sub("\\|.*", "", rownames(e$tau)))[rownames(e$lambda)], scale, lavInspect(fit, "sampstat")$cov / outer(scale, scale)) }
  if (grepl("\nall =~ x1", case[[1]])) {   # compRelSEM's return.total hands a sum where omegaCat needs a matrix (0.5-6)
    e <- lavInspect(fit, "est"); scale <- as.numeric(e$delta)
    entry$total <- semTools:::omegaCat(e$lambda %*% e$psi %*% t(e$lambda),
      split(e$tau[, 1], sub("\\|.*", "", rownames(e$tau)))[rownames(e$lambda)], scale, lavInspect(fit, "sampstat")$cov / outer(scale, scale)) }
  entry })
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", pretty = 1), paste0(folder, "ordered_reliability.json"))
