#include "yardstick/storage.hpp"

#include "yardstick/distributed_storage.hpp"
#include "yardstick/embedded_storage.hpp"

namespace yardstick {

std::unique_ptr<Storage> open_storage(const Settings& settings, const char* role) {
    const Engines& engines = settings.engines;
    if (engines.events == EventEngine::sqlite && engines.views == ViewEngine::sqlite) {
        return embedded_storage(settings.data, role);
    }
    return distributed_storage(engines);
}

}  // namespace yardstick
