// Turns a domain's events into what is stored and back. Wire names and schema numbers are written
// down here, never derived from C++ names, so that renaming a type can't orphan old events.
//
//     es::EventCodec<AccountEvent> codec;
//     codec.add<Deposited>("Deposited", 2, write_deposited, read_deposited);
//     codec.upcast("Deposited", 1, [](std::string payload) { ... return payload_of_schema_2; });
#pragma once

#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "es/errors.hpp"
#include "es/event.hpp"

namespace es {

template <class Event>
class EventCodec {
public:
    // Raises a payload by one schema. Throws Corrupt when the payload is not of that schema.
    using Upcast = std::function<std::string(std::string payload)>;

    struct Encoded {
        std::string type;
        int schema = 0;
        std::string payload;
    };

    // `schema` is the current one, 1 for a type that never changed. `read` throws Corrupt.
    template <class T>
    EventCodec& add(std::string type, int schema, std::function<std::string(const T&)> write,
                    std::function<T(const std::string& payload)> read) {
        auto encode = [type, schema, write = std::move(write)](const Event& event) {
            return Encoded{type, schema, write(std::get<T>(event))};
        };
        writers_[variant_index<T>()] = std::move(encode);
        readers_[std::move(type)] = {schema, [read = std::move(read)](const std::string& payload) {
                                         return Event(read(payload));
                                     }};
        return *this;
    }

    // From `from_schema` to the next one.
    EventCodec& upcast(const std::string& type, int from_schema, Upcast raise) {
        upcasts_[{type, from_schema}] = std::move(raise);
        return *this;
    }

    [[nodiscard]] Encoded encode(const Event& event) const {
        return writers_.at(event.index())(event);
    }

    // Throws Corrupt: a type or schema that this program doesn't know, or a broken payload.
    [[nodiscard]] Event decode(const RecordedEvent& recorded) const {
        const auto found = readers_.find(recorded.type);
        if (found == readers_.end()) throw Corrupt("unknown event type '" + recorded.type + "'");
        const Reader& reader = found->second;
        if (recorded.schema == reader.schema) return reader.read(recorded.payload);
        if (recorded.schema > reader.schema) throw_unknown_schema(recorded);
        std::string payload = recorded.payload;
        for (int schema = recorded.schema; schema < reader.schema; ++schema) {
            const auto raise = upcasts_.find({recorded.type, schema});
            if (raise == upcasts_.end()) throw_unknown_schema(recorded);
            payload = raise->second(std::move(payload));
        }
        return reader.read(payload);
    }

private:
    struct Reader {
        int schema;
        std::function<Event(const std::string&)> read;
    };

    template <class T, std::size_t Index = 0>
    static constexpr std::size_t variant_index() {
        if constexpr (std::is_same_v<std::variant_alternative_t<Index, Event>, T>) {
            return Index;
        } else {
            return variant_index<T, Index + 1>();
        }
    }

    [[noreturn]] static void throw_unknown_schema(const RecordedEvent& recorded) {
        throw Corrupt("event type '" + recorded.type + "' has the unknown schema " +
                      std::to_string(recorded.schema));
    }

    std::map<std::size_t, std::function<Encoded(const Event&)>> writers_;
    std::map<std::string, Reader, std::less<>> readers_;
    std::map<std::pair<std::string, int>, Upcast> upcasts_;
};

}  // namespace es
