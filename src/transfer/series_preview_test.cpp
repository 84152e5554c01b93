#include "transfer/series_preview.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transfer/temp_input_fixture.hpp"

namespace {

using namespace transfer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const base::TimePoint now = *base::parse_time("2026-11-30", base::DateAlone::start_of_day);
const MetricProps counter{"n", "d", 10, "u", "2099-12-31", kpi::MetricKind::counter};

SeriesPreview preview_of(const std::string& text,
                         const std::optional<MetricProps>& create = std::nullopt) {
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader csv(lines);
    SeriesReader rows(csv, name, {"when", "what", {}});
    SeriesPreview preview(create, now);
    preview.look_at(rows);
    return preview;
}

std::vector<std::string> troubles_of(const SeriesPreview& preview) {
    std::vector<std::string> result;
    for (const auto& trouble : preview.troubles()) {
        result.push_back(std::to_string(trouble.line) + ": " + trouble.why + " +" +
                         std::to_string(trouble.further));
    }
    return result;
}

TEST(SeriesPreview, ShowsTheFirstAndTheLastRows) {
    EXPECT_EQ(preview_of("when,what\n2001,1\n2002,2.5\n").shown(),
              "line 2        2001-01-01T00:00:00.000Z  1\n"
              "line 3        2002-01-01T00:00:00.000Z  2.5\n");
    EXPECT_THAT(preview_of("when,what\n2001,1\n2002,2\n2003,3\n2004,4\n2005,5\n2006,6\n").shown(),
                ::testing::Not(HasSubstr("…")));
    const auto preview =
        preview_of("when,what\n2001,1\n2002,2\n2003,3\nx,y\n2004,4\n2005,5\n2006,6\n2007,7\n");
    EXPECT_EQ(preview.shown(),
              "line 2        2001-01-01T00:00:00.000Z  1\n"
              "line 3        2002-01-01T00:00:00.000Z  2\n"
              "line 4        2003-01-01T00:00:00.000Z  3\n"
              "…\n"
              "line 7        2005-01-01T00:00:00.000Z  5\n"
              "line 8        2006-01-01T00:00:00.000Z  6\n"
              "line 9        2007-01-01T00:00:00.000Z  7\n");
    EXPECT_EQ(preview.recorded(), 7U);
    EXPECT_EQ(preview.bad(), 1U);
}

TEST(SeriesPreview, NamesTheFirstLineThatAnOptionDecidesAndCountsTheOthers) {
    const auto preview = preview_of(
        "when,what\n03/04/2024,1\n2024-01-01,\n04/05/2024,1\n31/12/2024,2\n2024-01-02,x\n");
    EXPECT_THAT(troubles_of(preview),
                ElementsAre(::testing::AllOf(HasSubstr("2: '03/04/2024' may be day/month"),
                                             ::testing::EndsWith("+2")),
                            HasSubstr("3: the value is missing; --skip-blank"),
                            HasSubstr("6: the value 'x' is not a number")));
    EXPECT_EQ(preview.bad(), 5U);
    EXPECT_EQ(preview.recorded(), 0U);
    EXPECT_THAT(preview.shown(), IsEmpty());
}

TEST(SeriesPreview, NamesSoManyLinesAndCountsTheOthers) {
    std::string text = "when,what\n";
    for (std::size_t i = 0; i < shown_lines + 7; ++i) text += "2024,x\n";
    const auto preview = preview_of(text);
    EXPECT_EQ(preview.troubles().size(), shown_lines);
    EXPECT_EQ(preview.unnamed(), 7U);
}

TEST(SeriesPreview, KnowsWhatTheServerWouldRefuse) {
    const std::string text =
        "when,what\n2024,5\n2024,5\n2024,6\n2025,4\n2999-01-01,9\n2026,1e200\n2025,0\n";
    const auto open = preview_of(text);
    EXPECT_EQ(open.recorded(), 3U);
    EXPECT_EQ(open.changed(), 2U);
    EXPECT_EQ(open.bad(), 2U);
    EXPECT_THAT(troubles_of(open),
                ElementsAre(HasSubstr("4: at 2024-01-01T00:00:00.000Z the value is 5 already"),
                            HasSubstr("6: it would be refused: it is dated in the future"),
                            HasSubstr("7: it would be refused: the value 1e+200"),
                            HasSubstr("8: at 2025-01-01T00:00:00.000Z the value is 4 already")));
    const auto created = preview_of(text, counter);
    EXPECT_EQ(created.recorded(), 2U);
    EXPECT_THAT(troubles_of(created),
                ::testing::Contains(HasSubstr("5: it would be refused: A counter's value")));
}

}  // namespace
