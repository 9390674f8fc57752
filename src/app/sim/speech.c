#include "speech.h"

#include <string.h>

void pl__sim_speech_init(pl_sim_speech *speech)
{
    *speech = (pl_sim_speech){.refused = false};
    pl__str_init(&speech->text, PL_SIM_SPEECH_BYTES_MAX);
}

void pl__sim_speech_clear(pl_sim_speech *speech)
{
    if (speech)
        pl__str_clear(&speech->text);
}

pl_status pl__sim_decide(pl_sim_speech *speech, const char *text)
{
    speech->decision_start = speech->text.len;
    speech->decision_len = strlen(text);
    return pl__str_append_c(&speech->text, text);
}
