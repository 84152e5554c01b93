#include "yardstick/check_report.hpp"

#include <iostream>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {

using base::grouped;

int report(const kpi::ViewCheck& result) {
    for (const auto& [id, what] : result.differences) {
        std::cout << base::printable(id) << ": " << base::printable(what) << "\n";
    }
    if (result.differences_total > result.differences.size()) {
        std::cout << "and " << grouped(result.differences_total - result.differences.size())
                  << " more\n";
    }
    if (result.parked > 0) {
        std::cout << "parked, and standing still: " << grouped(result.parked) << "\n";
    }
    if (result.differences_total == 0) {
        std::cout << "metrics: " << grouped(result.metrics)
                  << ", values: " << grouped(result.values) << "; all are what their events say\n";
        return exit_done;
    }
    std::cerr << "yardstick: differences between the views and their events: "
              << grouped(result.differences_total)
              << "; `yardstick rebuild` makes the views good.\n";
    return exit_differences;
}

}  // namespace yardstick
