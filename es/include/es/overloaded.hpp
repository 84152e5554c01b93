// Several lambdas as one visitor of a variant. An alternative that none of them takes is a compile
// error, as long as none of them takes everything (`const auto&`).
//
//     std::visit(es::Overloaded{[](const Deposited& e) { ... },
//                               [](const Withdrawn& e) { ... }},
//                event);
#pragma once

namespace es {

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

}  // namespace es
