# What R finds by the algorithm of Hartigan and Wong, from the starts of the other files here and from random ones:
#   apt-get install r-base-core r-cran-jsonlite
#   Rscript test/golden/hartigan-wong.R > test/golden/hartigan-wong.json
library(jsonlite)

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
set.seed(136)

# Two centres equally near to a sample: rounding would decide which path is taken.
tied <- function(data, rows) {
  distances <- apply(data, 1, function(x) sort(colSums((t(data[rows, , drop = FALSE]) - x)^2))[1:2])
  any(abs(distances[1, ] - distances[2, ]) < 1e-9)
}

cluster <- function(name, data, rows) {
  found <- kmeans(data, centers = data[rows, , drop = FALSE], algorithm = "Hartigan-Wong", iter.max = 100)
  list(
    data = unbox(name), k = unbox(length(rows)), initIndices = rows - 1, labels = unname(found$cluster) - 1,
    centroids = unname(found$centers), withinss = found$withinss, iterations = unbox(found$iter)
  )
}

cases <- list()
for (name in c("iris", "wine", "seed", "digits")) {
  json <- fromJSON(file.path(folder, paste0(name, ".json")), simplifyDataFrame = FALSE)
  runs <- if (is.null(json$cases)) c(list(json$main), json$elbow) else json$cases
  starts <- unique(lapply(runs, function(run) unlist(run$initIndices) + 1))
  if (name != "digits") starts <- c(starts, lapply(2:10, function(k) sample(nrow(json$data), k)))
  # For a single cluster R takes another algorithm. Among integers a tie is one to the last bit, and the lower index wins.
  starts <- Filter(function(rows) length(rows) > 1 && (name == "digits" || !tied(json$data, rows)), starts)
  cases <- c(cases, lapply(starts, function(rows) cluster(name, json$data, rows)))
}
source <- paste("kmeans of R", getRversion())
cat(toJSON(list(source = unbox(source), cases = cases), digits = NA), "\n", sep = "")
