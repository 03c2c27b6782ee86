const reading = `Reading
  -c, --columns LIST      only these columns: names, numbers from 1, ranges, as in price,4,6-9
  -x, --exclude LIST      not these columns
      --header            the first row holds names        (default: found by looking)
      --no-header         the first row holds numbers
  -d, --delimiter CHAR    a character, or comma, tab, semicolon, pipe, space (runs of blanks)
      --decimal-comma     1,5 is one and a half
      --missing WHAT      cells that are empty or no number: error (default), or drop their rows
`;

const exitCodes = `Exit codes
  0  fine
  1  bad data, a file that cannot be read or written, or no elbow
  2  bad usage
`;

export const clusterHelp = `kmeans-simd: clusters the rows of a table by k-means

Usage
  kmeans-simd [cluster] FILE [options]
  kmeans-simd predict --model MODEL FILE [options]
  kmeans-simd help [predict]

FILE is CSV, TSV or another table of text, - standard input. Header and delimiter are found by themselves; columns
that do not hold numbers are left out. What comes out is a table of the clusters: how many rows each has, its spread
(the root mean squared distance of its rows to its centroid), and its centroid in every column.

Examples
  kmeans-simd flowers.csv -k 3                          three clusters of flowers
  kmeans-simd flowers.csv                               as many as the elbow suggests
  kmeans-simd shops.csv -k 5 --scale standard -x id     columns of different units, and one that is no feature
  kmeans-simd flowers.csv -k 3 --labels labelled.csv --labels-with-data
  kmeans-simd flowers.csv -k 3 --plot clusters.svg --elbow elbow.svg
  kmeans-simd flowers.csv -k 3 --model flowers.json
  kmeans-simd predict --model flowers.json new.csv      labels of new rows, by that model
  gunzip -c big.tsv.gz | kmeans-simd - -k 8 --json
  kmeans-simd huge.csv -k 8 --stream --labels labels.csv

Clusters
  -k N                    how many; auto (default) takes the elbow of the inertia
      --k-max N           the most that auto and --elbow try (default: 10)
      --scale HOW         of columns, first: none (default), standard (mean 0, deviation 1), minmax (0 to 1)
      --metric NAME       euclidean (default), or cosine: rows are compared by direction only
      --init NAME         first centroids: k-means++ (default), random, growing,
                          "k-means||" or afk-mc2
      --n-init N          restarts, the best is kept (default: 1, with --init random 10)
      --max-iter N        iterations of one run at the most (default: 300)
      --tol X             a run ends when centroids move less than this (default: 0.0001)
  -s, --seed N            of all random draws; the same seed gives the same clusters (default: 0)
      --precision P       float64 (default) or float32

Large files
      --stream            read the file in passes, a piece in memory at a time: some to learn about it, one for every
                          iteration, from the centroids of a sample of its rows, and one for the labels; needs -k
      --memory-limit N    do so if the file is larger, as in 500M or 2GiB
      --mini-batch        small steps on few rows each, a single pass with --stream: faster, slightly worse clusters
      --batch-size N      rows of such a step (default: 1024)

${reading}
Writing (directories are made; one FILE may be - for standard output)
  -o, --labels FILE       the cluster of every row, from 0
      --labels-with-data  the rows too, the cluster behind them
      --centroids FILE    CSV of the centroids, in the units of the data
  -m, --model FILE        JSON for kmeans-simd predict
      --plot FILE         SVG: the rows and their clusters
      --elbow FILE        SVG: inertia by number of clusters
      --steps FILE        SVG: how the centroids moved
      --silhouette FILE   SVG: how well every row sits in its cluster
                          (SVG needs: npm install @observablehq/plot linkedom)
      --json              one JSON document instead of the table
      --picture           the small picture in the terminal, also into files; --no-picture: never
  -q, --quiet             neither table nor notes nor progress
  -h, --help              this text
      --version

${exitCodes}
Colours follow NO_COLOR and FORCE_COLOR.
`;

export const predictHelp = `kmeans-simd predict: labels new rows by a model

Usage
  kmeans-simd predict --model MODEL FILE [options]

MODEL is what kmeans-simd cluster --model has written. FILE is a table as for cluster, - standard input. Columns are
found by their names where both tables have a header, else by their numbers; they are scaled as the model's were.
Every row gets the number of its nearest centroid.

Examples
  kmeans-simd flowers.csv -k 3 --model flowers.json     makes a model
  kmeans-simd predict -m flowers.json new.csv           prints a label for each row
  kmeans-simd predict -m flowers.json new.csv --labels labelled.csv --labels-with-data
  tail -n 100 log.csv | kmeans-simd predict -m log.json --no-header -

${reading}
Writing
  -m, --model FILE        the model to read
  -o, --labels FILE       where labels go (default: standard output)
      --labels-with-data  the rows too, the cluster behind them
      --json              one JSON document
  -q, --quiet             no notes and no progress
  -h, --help              this text
      --version

${exitCodes}`;
