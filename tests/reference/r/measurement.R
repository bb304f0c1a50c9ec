# Reference numbers for tests/measurement. Run from tests/reference: Rscript r/measurement.R
# Debian's r-cran-psych 2.2.9, r-cran-semtools 0.5-6, r-cran-gparotation, r-cran-lavaan 0.6-14, r-cran-jsonlite.
suppressMessages({library(psych); library(GPArotation); library(lavaan); library(semTools); library(jsonlite)})
folder <- "measurement/"
out <- list()

# Simulated answers: three correlated constructs of four items, five categories, one reversed item, some missing.
set.seed(4711)
n <- 420
phi <- matrix(c(1, .5, .35, .5, 1, .45, .35, .45, 1), 3)
factors <- matrix(rnorm(n * 3), n) %*% chol(phi)
loading <- c(.8, .7, .75, .6, .7, .65, .8, .55, .75, .7, .6, .7)
answer <- sapply(1:12, function(j) loading[j] * factors[, (j - 1) %/% 4 + 1] + sqrt(1 - loading[j]^2) * rnorm(n))
answer[, 2] <- answer[, 2] + .35 * answer[, 1]
cuts <- list(c(-1.6, -.7, .2, 1.1), c(-1.2, -.4, .4, 1.3), c(-1.8, -.9, 0, .9))
ordered5 <- sapply(1:12, function(j) findInterval(answer[, j], cuts[[(j - 1) %% 3 + 1]]) + 1)
colnames(ordered5) <- c(paste0("q", 1:4), paste0("t", 1:4), paste0("s", 1:4))
survey <- as.data.frame(ordered5)
write.csv(survey, paste0(folder, "survey.csv"), row.names = FALSE)
holes <- survey
for (j in 1:12) holes[sample(n, 25), j] <- NA
holes$q4 <- 6 - holes$q4
write.csv(holes, paste0(folder, "holes.csv"), row.names = FALSE, na = "")

rows <- function(m) { m <- unclass(m); attributes(m) <- list(dim = dim(m)); m }
tight <- function(load, name) {   # the same rotations, brought to a gradient of 1e-8
  got <- switch(name,
    varimax = { v <- varimax(load, eps = 1e-15); list(loadings = v$loadings, Phi = NULL) },
    promax = { w <- sqrt(rowSums(load^2)); v <- varimax(load / w, eps = 1e-15)$loadings[, ]
      u <- solve(t(v) %*% v, t(v) %*% (v * abs(v)^3)); u <- u %*% diag(sqrt(diag(solve(t(u) %*% u))))
      list(loadings = (v %*% u) * w, Phi = solve(u) %*% t(solve(u))) },
    quartimax = quartimax(load, eps = 1e-8, maxit = 3000), oblimin = oblimin(load, eps = 1e-8, maxit = 3000),
    geominQ = geominQ(load, eps = 1e-8, maxit = 3000), geominT = geominT(load, eps = 1e-8, maxit = 3000))
  list(loadings = rows(got$loadings), phi = got$Phi) }
out$efa <- list()
for (fm in c("minres", "ml", "pa")) {
  base <- fa(survey, 3, fm = fm, rotate = "none", max.iter = 5000, min.err = 1e-10)
  entry <- list(none = list(loadings = rows(base$loadings)), communality = base$communality, chi = base$STATISTIC,
    dof = base$dof, rmsea = base$RMSEA, tli = base$TLI, bic = base$BIC, rms = base$rms)
  for (name in c("varimax", "promax", "quartimax", "oblimin", "geominQ", "geominT"))
    entry[[name]] <- tight(base$loadings[, ], name)
  entry$psych_oblimin <- rows(fa(survey, 3, fm = fm, rotate = "oblimin")$loadings)
  out$efa[[fm]] <- entry }
solution <- fa(survey, 3, fm = "ml", rotate = "none")
for (method in c("Thurstone", "Bartlett", "tenBerge"))
  out$weights[[method]] <- rows(factor.scores(survey, solution, method = method)$weights)
out$efa_polychoric <- rows(fa(survey, 3, fm = "minres", rotate = "none", cor = "poly", correct = 0)$loadings)

# Principal axes on Holzinger-Swineford: where psych's early stop (min.err = .001) ends, and the fixed point
hs <- HolzingerSwineford1939[, paste0("x", 1:9)]
write.csv(hs, paste0(folder, "holzinger.csv"), row.names = FALSE)
for (e in c(1e-3, 1e-10)) {
  base <- fa(hs, 3, fm = "pa", rotate = "none", max.iter = 5000, min.err = e)
  name <- if (e < 1e-6) "fixed_point" else "early_stop"
  out$principal_axis[[name]] <- list(loadings = rows(base$loadings), geomin = rows(geominQ(base$loadings[, ], eps = 1e-8, maxit = 3000)$loadings)) }

k <- KMO(survey); out$kmo <- list(overall = k$MSA, items = as.list(k$MSAi))
out$bartlett <- cortest.bartlett(cor(survey), n)
out$map <- vss(survey, n = 11, rotate = "none", fm = "pc", plot = FALSE)$map
alpha_of <- function(d) { a <- suppressWarnings(alpha(d)); ci <- alpha.ci(a$total$raw_alpha, nrow(d), ncol(d))
  list(raw = a$total$raw_alpha, std = a$total$std.alpha, average_r = a$total$average_r, lower = ci$lower.ci, upper = ci$upper.ci,
    dropped = a$alpha.drop$raw_alpha, rest = a$item.stats$r.drop) }
out$alpha <- list(full = alpha_of(survey[, 1:4]), holes = alpha_of(holes[, 5:8]), reversed = alpha_of(holes[, 1:4]))
out$ordinal_alpha <- suppressWarnings(alpha(polychoric(survey[, 1:4], correct = 0)$rho)$total$raw_alpha)
om <- suppressMessages(suppressWarnings(omega(survey, 3, plot = FALSE)))
out$omega <- list(hierarchical = om$omega_h, total = om$omega.tot, limit = om$omega.lim, ecv = om$ECV, group = om$omega.group, general = om$schmid$sl[, 1])

model <- "quality =~ q1 + q2 + q3 + q4
trust =~ t1 + t2 + t3 + t4
satisfaction =~ s1 + s2 + s3 + s4"
out$model <- model
reliability_of <- function(fit, ...) list(cr = as.list(compRelSEM(fit, ...)), ave = as.list(AVE(fit)))
out$cfa <- reliability_of(cfa(model, survey))
out$cfa_residuals <- reliability_of(cfa(paste(model, "\nq1 ~~ q2\nt1 ~~ s1"), survey))
single <- cfa("quality =~ q1 + q2 + q3 + q4", survey); out$one_construct <- as.list(compRelSEM(single))
second <- cfa(paste(model, "\ng =~ quality + trust + satisfaction"), survey)
out$second_order <- reliability_of(second, higher = "g")
bi <- cfa(paste(model, "\ng =~ q1 + q2 + q3 + q4 + t1 + t2 + t3 + t4 + s1 + s2 + s3 + s4"), survey, orthogonal = TRUE, std.lv = TRUE)
out$bifactor <- list(cr = as.list(compRelSEM(bi, return.total = TRUE)), converged = lavInspect(bi, "converged"))
categorical <- cfa(model, survey, ordered = names(survey))
out$ordered <- list(cr = as.list(compRelSEM(categorical)), cr_latent = as.list(compRelSEM(categorical, ord.scale = FALSE)), ave = as.list(AVE(categorical)),
  loadings = rows(lavInspect(categorical, "est")$lambda), latent = rows(lavInspect(categorical, "cov.lv")),
  polychoric = rows(lavInspect(categorical, "sampstat")$cov), thresholds = as.numeric(lavInspect(categorical, "est")$tau))
half <- survey; half$group <- rep(c("a", "b"), length.out = n)
grouped <- cfa(model, half, group = "group"); out$groups <- list(cr = compRelSEM(grouped), ave = AVE(grouped))

# Common method: one method factor with equal loadings; the marker models of Williams, Hartman & Cavazotte (2010)
all_items <- paste0(rep(c("q", "t", "s"), each = 4), 1:4)
free <- "quality =~ NA*q1 + q2 + q3 + q4\ntrust =~ NA*t1 + t2 + t3 + t4\nquality ~~ 1*quality\ntrust ~~ 1*trust"
three <- paste0(free, "\nsatisfaction =~ NA*s1 + s2 + s3 + s4\nsatisfaction ~~ 1*satisfaction")
method <- cfa(paste0(three, "\nmethod =~ NA*q1 + ", paste0("m*", all_items, collapse = " + "),
  "\nmethod ~~ 1*method\nmethod ~~ 0*quality + 0*trust + 0*satisfaction"), survey)
standard <- standardizedSolution(method)
out$method_factor <- list(chisq = fitMeasures(method, "chisq")[[1]], df = fitMeasures(method, "df")[[1]],
  loadings = standard$est.std[standard$op == "=~" & standard$lhs == "method"])
full <- cfa(three, survey); e <- parameterEstimates(full)
value <- function(l, o, r) sprintf("%.15g", e$est[e$lhs == l & e$op == o & e$rhs == r])
s_items <- paste0("s", 1:4); others <- all_items[1:8]
base <- paste0(free, "\nmarker =~ ", paste0(sapply(s_items, function(i) paste0(value("satisfaction", "=~", i), "*", i)), collapse = " + "), "\n",
  paste0(sapply(s_items, function(i) paste0(i, " ~~ ", value(i, "~~", i), "*", i)), collapse = "\n"), "\nmarker ~~ 1*marker\nmarker ~~ 0*quality + 0*trust")
m_base <- cfa(base, survey)
c_text <- paste0(base, "\nmarker =~ ", paste0("m*", others, collapse = " + ")); u_text <- paste0(base, "\nmarker =~ ", paste0(others, collapse = " + "))
r_text <- paste0(u_text, "\nquality ~~ ", sprintf("%.15g", lavInspect(m_base, "cov.lv")["quality", "trust"]), "*trust")
out$marker <- lapply(list(full = full, baseline = m_base, `method-C` = cfa(c_text, survey), `method-U` = cfa(u_text, survey), `method-R` = cfa(r_text, survey)),
  function(f) as.list(fitMeasures(f, c("chisq", "df"))))

arith <- function(d, ...) rows(htmt(model, d, htmt2 = FALSE, ...))
out$htmt <- list(absolute = arith(survey), htmt2 = rows(htmt(model, survey, htmt2 = TRUE)), holes = arith(holes), holes_signed = arith(holes, absolute = FALSE),
  polychoric = arith(survey, ordered = names(survey)))
write(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor", dataframe = "rows", force = TRUE, pretty = 1), paste0(folder, "reference.json"))
