#ifndef QALAM_SUGGESTION_SETTING_TEXT_H_
#define QALAM_SUGGESTION_SETTING_TEXT_H_

#include <string>

#include "suggestion/registry.h"

namespace qalam {

// What a setting may be: "an int >= 0", "a number > 0 and < 1", "true or false", "auto or
// sampling", "any text".
std::string AllowedText(const SettingSpec& spec);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_SETTING_TEXT_H_
