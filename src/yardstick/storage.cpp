#include "yardstick/storage.hpp"

#include "yardstick/embedded_storage.hpp"

namespace yardstick {

std::unique_ptr<Storage> open_storage(const Settings& settings, const char* role) {
    return embedded_storage(settings.data, role);
}

}  // namespace yardstick
