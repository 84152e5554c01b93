#include "projector/parked_log.hpp"

#include "base/log.hpp"

namespace projector {

void tell_parked(const es::Parked& parked) {
    base::log::error(
        "metric parked: its view stays behind until its events can be read",
        {{"metric", parked.stream}, {"version", parked.version}, {"reason", parked.reason}});
}

}  // namespace projector
