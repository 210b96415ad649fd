#include "kernels/select.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "kernels/weights_testing.h"
#include "platform/cpu_features.h"

#if defined(__x86_64__)
#include <ucontext.h>
extern const char __executable_start, etext;  // NOLINT: the linker's names for the program's code
#endif

namespace tenfold::kernels {
namespace {

TEST(Select, FindsEveryRunnableTableByItsName) {
  EXPECT_STREQ(runnable_kernels().front()->isa, "scalar");
  const Result<const KernelTable*> best = find_kernels("");
  ASSERT_TRUE(best.ok());
  EXPECT_EQ(*best, runnable_kernels().back());
#if defined(__x86_64__)
  for (const KernelTable* table : runnable_kernels()) {
    const Result<const KernelTable*> found = find_kernels(table->isa);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, table);
  }
  EXPECT_EQ(runnable_kernels().size(), 1U + cpu_features().avx2 + cpu_features().avx_vnni + cpu_features().avx512_vnni);
#endif
}

TEST(Select, RefusesWhatCannotRunAndListsWhatCan) {
  for (const char* name : {"sse9", "Scalar", "scalar ", "avx\n512"}) {
    const Result<const KernelTable*> found = find_kernels(name);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.status().code(), StatusCode::kUnsupported);
    const std::string message(found.status().message());
    EXPECT_NE(message.find("instruction set: expected one of scalar"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
#if defined(__x86_64__)
  EXPECT_FALSE(find_kernels("neon").ok());
#endif
}

// One small product with Q8 activations.
struct Product {
  explicit Product(const KernelTable& table)
      : random(1),
        w(table, DType::kQ4_0, 1, kBlock, random_rows(DType::kQ4_0, 1, kBlock, random)),
        x(q8_row_bytes(kBlock)) {
    const std::vector<float> values = random_floats(kBlock, -1, 1, random);
    table.quantize_q8(values.data(), kBlock, x.data());
    args = {w.panels.data(), kBlock, 0, 1, 1, 1, x.data(), x.size(), &y, 1, prefetch_bytes()};
  }
  void run() const { w.kernels->mat_mul_q8(args); }

  static constexpr int kBlock = 32;
  Random random;
  TestMatrix w;
  AlignedBytes x;
  float y = 0;
  MatMulArgs args;
};

#if defined(__x86_64__)

// Counts the vector instructions of this program's own code that run in one product, by single-stepping:
// the trap flag makes the processor raise SIGTRAP after each instruction, and the handler looks at the next one's
// prefix.
class InstructionCounter {
 public:
  InstructionCounter() {
    avx = 0;
    evex_512 = 0;
    struct sigaction action{};
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, &before_);
  }
  ~InstructionCounter() { sigaction(SIGTRAP, &before_, nullptr); }

  void run(const KernelTable& table) {
    const Product product(table);
    __asm__ volatile("pushfq\n orq $0x100, (%%rsp)\n popfq" ::: "cc", "memory");
    product.run();
    __asm__ volatile("pushfq\n andq $~0x100, (%%rsp)\n popfq" ::: "cc", "memory");
  }

  static volatile int avx;       // VEX prefix: AVX, AVX2, FMA
  static volatile int evex_512;  // EVEX prefix with 512-bit vectors

 private:
  // Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, 2.3 and 2.7.
  static void on_trap(int, siginfo_t*, void* context) {
    const auto at = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
    const auto* code = reinterpret_cast<const unsigned char*>(at);
    if (code < reinterpret_cast<const unsigned char*>(&__executable_start)) return;
    if (code >= reinterpret_cast<const unsigned char*>(&etext)) return;  // libraries have their own dispatch
    if (code[0] == 0xC4 || code[0] == 0xC5) avx = avx + 1;
    if (code[0] == 0x62 && (code[3] & 0x60) == 0x40) evex_512 = evex_512 + 1;
  }
  struct sigaction before_{};
};
volatile int InstructionCounter::avx = 0;
volatile int InstructionCounter::evex_512 = 0;

TEST(Select, EachTableRunsTheInstructionsOfItsName) {
  for (const KernelTable* table : runnable_kernels()) {
    InstructionCounter counter;
    counter.run(*table);
    const std::string isa = table->isa;
    EXPECT_EQ(counter.avx > 0, isa != "scalar") << isa;
    EXPECT_EQ(counter.evex_512 > 0, isa == "avx512") << isa;
  }
}

#endif

// What select_kernels() does in a new process with this environment: the exit status of a child.
enum class Outcome { kThisTable = 0, kOtherTable = 1, kRefused = 2 };

Outcome select_in_child(const char* forced, std::string_view expected_isa) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("TENFOLD_FORCE_ISA", forced, 1);
    const Result<const KernelTable*> selected = select_kernels();
    setenv("TENFOLD_FORCE_ISA", "nonsense", 1);  // read once only
    const Result<const KernelTable*> again = select_kernels();
    if (!selected.ok()) _exit(static_cast<int>(Outcome::kRefused));
    bool same = again.ok() && *again == *selected && expected_isa == (*selected)->isa;
#if defined(__x86_64__)
    InstructionCounter counter;
    counter.run(**selected);
    same = same && (counter.evex_512 > 0) == (expected_isa == "avx512");
    same = same && (counter.avx > 0) == (expected_isa != "scalar");
#endif
    _exit(static_cast<int>(same ? Outcome::kThisTable : Outcome::kOtherTable));
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<Outcome>(WEXITSTATUS(status));
}

TEST(Select, TheEnvironmentForcesATable) {
  EXPECT_EQ(select_in_child("scalar", "scalar"), Outcome::kThisTable);
  EXPECT_EQ(select_in_child("", runnable_kernels().back()->isa), Outcome::kThisTable);
  EXPECT_EQ(select_in_child("nonsense", ""), Outcome::kRefused);
  for (const KernelTable* table : runnable_kernels()) {
    EXPECT_EQ(select_in_child(table->isa, table->isa), Outcome::kThisTable) << table->isa;
  }
}

}  // namespace
}  // namespace tenfold::kernels
