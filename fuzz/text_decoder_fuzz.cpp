// Text of any encoding is UTF-8 once it is decoded, and the same in whatever pieces it comes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "check.hpp"
#include "transfer/text_decoder.hpp"

namespace {

struct Decoded {
    std::string text;
    bool whole = false;
    bool operator==(const Decoded&) const = default;
};

Decoded decoded(std::string_view encoding, std::string_view bytes, std::size_t piece) {
    transfer::TextDecoder decoder(encoding);
    Decoded result;
    bool good = true;
    while (good && !bytes.empty()) {
        good = decoder.take(bytes.substr(0, piece), result.text);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    result.whole = good && decoder.complete();
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const auto encoding : transfer::encodings) {
        const Decoded whole = decoded(encoding, bytes, size + 1);
        fuzz::check(base::is_utf8(whole.text), "it is UTF-8");
        for (const std::size_t piece : {1U, 3U}) {
            fuzz::check(decoded(encoding, bytes, piece) == whole, "pieces make no difference");
        }
    }
    return 0;
}
