# Recency, frequency, monetary value in base R from the quarters of the customer base, with tiers, and the
# adjusted Rand index by mclust. Run from tests/reference: Rscript r/rfm.R   (mclust 6.0.0, R 4.2.2)
suppressMessages(library(mclust))
q <- read.csv("../../data/customer_quarters.csv")
base <- read.csv("../../data/customer_base.csv")
end <- max(q$quarter)
q$week <- 13 * (q$quarter - 1) + q$last_purchase_week
who <- sort(unique(q$customer))
first <- as.vector(tapply(q$quarter, q$customer, min))
last <- sapply(split(q$week, q$customer), function(x) if (all(is.na(x))) NA else max(x, na.rm = TRUE))
last <- ifelse(is.na(last), 13 * (first - 1), last)
year <- q[q$quarter > end - 4, ]
total <- function(x) { s <- tapply(x, factor(year$customer, levels = who), sum); s[is.na(s)] <- 0; as.vector(s) }
recency <- 13 * end - as.vector(last)
frequency <- total(year$purchases)
monetary <- ifelse(frequency > 0, total(year$spending) / frequency, 0)
tenure <- as.vector(sapply(split(q, q$customer), function(d) d$tenure[which.min(d$quarter)])) + end - first + 1
score <- function(x) 1 + (5 * (2 * rank(x) - 1)) %/% (2 * length(x))
s <- cbind(score(-recency), score(frequency), score(monetary))
tier <- ifelse(tenure <= 4, "new", ifelse(apply(s, 1, min) >= 4, "VIP", "regular"))
counts <- function(x) paste0("[", paste(as.vector(table(factor(x, levels = 1:5))), collapse = ", "), "]")
cat(sprintf('{"recency": %s,\n "frequency": %s,\n "monetary": %s,\n "VIP": %d, "regular": %d, "new": %d,\n "mean_recency": %.8f, "mean_monetary": %.8f,\n "rand": %.8f}\n',
  counts(s[, 1]), counts(s[, 2]), counts(s[, 3]), sum(tier == "VIP"), sum(tier == "regular"), sum(tier == "new"),
  mean(recency), mean(monetary), adjustedRandIndex(tier, base$tier)), file = "rfm.json")
