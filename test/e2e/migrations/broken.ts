throw new Error('the settings of this module are nowhere')
