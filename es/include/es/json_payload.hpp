// Payloads as JSON objects: the usual form of described events (described_codec.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace es {

// Limits of a payload that is read.
inline constexpr std::size_t payload_depth_max = 32;     // of nested objects and arrays
inline constexpr std::size_t payload_members_max = 100;  // of the object itself

struct JsonPayload {
    class Writer {
    public:
        void text(std::string_view name, std::string_view value);  // UTF-8
        void number(std::string_view name, double value);          // finite
        void integer(std::string_view name, std::int64_t value);
        void flag(std::string_view name, bool value);
        [[nodiscard]] std::string take();

    private:
        void begin(std::string_view name);
        std::string text_;
    };

    // Each throws Corrupt: the payload is no JSON object, or has no such member of that type.
    class Reader {
    public:
        explicit Reader(std::string_view payload);

        [[nodiscard]] bool has(std::string_view name) const;
        [[nodiscard]] std::string text(std::string_view name) const;
        [[nodiscard]] double number(std::string_view name) const;
        [[nodiscard]] std::int64_t integer(std::string_view name) const;
        [[nodiscard]] bool flag(std::string_view name) const;
        // All members, each a text.
        [[nodiscard]] std::map<std::string, std::string> texts() const;

    private:
        struct Other {};  // null, an object or an array
        using Value = std::variant<Other, bool, std::int64_t, double, std::string>;
        friend class JsonMembers;

        [[nodiscard]] const Value& find(std::string_view name) const;

        std::map<std::string, Value, std::less<>> members_;
    };
};

}  // namespace es
