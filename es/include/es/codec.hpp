// Turns a domain's events into what is stored and back. Wire names and schema numbers are written
// down here, never derived from C++ names, so that renaming a type can't orphan old events.
//
//     es::EventCodec<AccountEvent> codec;
//     codec.add<Deposited>("Deposited", 2, write_deposited, read_deposited);
//     codec.upcast("Deposited", 1, [](std::string payload) { ... return payload_of_schema_2; });
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <stdexcept>
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
    // `schema_of`: where an older schema says all that there is to say of an event, that is what
    // `write` writes, so that older programs read it. Throws std::logic_error for a second codec of
    // a type or name.
    template <class T>
    EventCodec& add(std::string type, int schema, std::function<std::string(const T&)> write,
                    std::function<T(const std::string& payload)> read,
                    std::function<int(const T&)> schema_of = nullptr) {
        auto& writer = writers_.at(variant_index<T>());
        if (writer || readers_.contains(type)) {
            throw std::logic_error("two codecs for events of type '" + type + "'");
        }
        writer = [type, schema, write = std::move(write),
                  schema_of = std::move(schema_of)](const Event& event) {
            const T& own = std::get<T>(event);
            return Encoded{type, schema_of ? schema_of(own) : schema, write(own)};
        };
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

    // Throws std::logic_error unless every alternative of Event was added: a program asks at its
    // start, so that it doesn't find out at the first such event.
    void require_complete() const {
        for (std::size_t i = 0; i < writers_.size(); ++i) {
            if (!writers_.at(i)) throw_no_codec(i);
        }
    }

    // Throws std::logic_error for an alternative that was not added.
    [[nodiscard]] Encoded encode(const Event& event) const {
        const auto& writer = writers_.at(event.index());
        if (!writer) throw_no_codec(event.index());
        return writer(event);
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
        static_assert(Index < std::variant_size_v<Event>, "T is no alternative of Event");
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

    [[noreturn]] static void throw_no_codec(std::size_t index) {
        throw std::logic_error("alternative " + std::to_string(index) +
                               " of the domain's events (counted from 0) has no codec");
    }

    std::array<std::function<Encoded(const Event&)>, std::variant_size_v<Event>> writers_;
    std::map<std::string, Reader, std::less<>> readers_;
    std::map<std::pair<std::string, int>, Upcast> upcasts_;
};

}  // namespace es
