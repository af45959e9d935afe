/* (I - A) x = b by PETSc's KSP, column after column, each rank with its rows; for scripts/compare-petsc.
   petsc PREFIX ROWS COLUMNS [-ksp_* -pc_*]: reads PREFIX.starts, .columns, .values, .demand; prints one line of JSON. */
#include <petscksp.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *opened(const char *prefix, const char *ending) {
  char path[4096];
  snprintf(path, sizeof path, "%s.%s", prefix, ending);
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  return file;
}

static void part(FILE *file, long long at, size_t size, size_t count, void *to) {
  if (fseeko(file, at * (off_t)size, SEEK_SET) || fread(to, size, count, file) != count) {
    fprintf(stderr, "a file is too short\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
}

int main(int argc, char **argv) {
  const char *prefix = argv[1];
  long long n = atoll(argv[2]);
  int k = atoi(argv[3]), rank, size;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  double begun = MPI_Wtime();
  long long first = n * rank / size, last = n * (rank + 1) / size, rows = last - first;
  long long *starts = malloc((rows + 1) * sizeof *starts);
  FILE *file = opened(prefix, "starts");
  part(file, first, 8, rows + 1, starts);
  long long count = starts[rows] - starts[0];
  unsigned *columns = malloc(count * sizeof *columns);
  double *values = malloc(count * sizeof *values);
  part(opened(prefix, "columns"), starts[0], 4, count, columns);
  part(opened(prefix, "values"), starts[0], 8, count, values);
  /* I - A, with a diagonal in every row */
  PetscInt *i = malloc((rows + 1) * sizeof *i), *j = malloc((count + rows) * sizeof *j), to = 0;
  double *a = malloc((count + rows) * sizeof *a);
  for (long long r = 0; r < rows; r++) {
    int placed = 0;
    i[r] = to;
    for (long long p = starts[r] - starts[0]; p < starts[r + 1] - starts[0]; p++) {
      if (!placed && columns[p] >= first + r) {
        placed = 1;
        if (columns[p] > first + r) {
          j[to] = first + r;
          a[to++] = 1.0;
        }
      }
      j[to] = columns[p];
      a[to++] = (columns[p] == first + r ? 1.0 : 0.0) - values[p];
    }
    if (!placed) {
      j[to] = first + r;
      a[to++] = 1.0;
    }
  }
  i[rows] = to;
  free(columns);
  free(values);
  free(starts);
  Mat m;
  PetscCall(MatCreateMPIAIJWithArrays(PETSC_COMM_WORLD, rows, rows, n, n, i, j, a, &m));
  free(i);
  free(j);
  free(a);
  KSP ksp;
  PetscCall(KSPCreate(PETSC_COMM_WORLD, &ksp));
  PetscCall(KSPSetOperators(ksp, m, m));
  PetscCall(KSPSetFromOptions(ksp));
  Vec b, x, r;
  PetscCall(MatCreateVecs(m, &x, &b));
  PetscCall(VecDuplicate(b, &r));
  double ready = MPI_Wtime(), worst = 0.0, solving = 0.0;
  PetscInt most = 0;
  file = opened(prefix, "demand");
  for (int c = 0; c < k; c++) {
    double *to_b;
    PetscCall(VecGetArray(b, &to_b));
    part(file, (long long)c * n + first, 8, rows, to_b);
    PetscCall(VecRestoreArray(b, &to_b));
    double start = MPI_Wtime();
    PetscCall(KSPSolve(ksp, b, x));
    solving += MPI_Wtime() - start;
    KSPConvergedReason reason;
    PetscInt passes;
    PetscCall(KSPGetConvergedReason(ksp, &reason));
    PetscCall(KSPGetIterationNumber(ksp, &passes));
    if (reason <= 0 || reason == KSP_CONVERGED_ITS) {
      fprintf(stderr, "column %d: reason %d\n", c, reason);
      MPI_Abort(PETSC_COMM_WORLD, 1);
    }
    most = passes > most ? passes : most;
    PetscReal left, whole;
    PetscCall(MatMult(m, x, r));
    PetscCall(VecAYPX(r, -1.0, b));
    PetscCall(VecNorm(r, NORM_1, &left));
    PetscCall(VecNorm(b, NORM_1, &whole));
    worst = left / whole > worst ? left / whole : worst;
  }
  if (rank == 0) {
    printf("{\"ready_s\": %.4f, \"solve_s\": %.4f, \"passes\": %d, \"residual\": %.3e}\n", ready - begun, solving, (int)most, worst);
  }
  PetscCall(PetscFinalize());
  return 0;
}
